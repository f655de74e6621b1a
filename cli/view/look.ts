import type { Paint } from '../io.ts';

/** How a page is drawn: its colours, and how wide it may be. */
export type Look = { readonly paint: Paint; readonly columns: number };
