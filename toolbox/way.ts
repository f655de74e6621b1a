import type { Environment } from './cacheFolder.ts';
import type { Kit, ProgramName } from './programs.ts';

/** Called with one line of text whenever there is something to say; the caller draws it. */
export type Progress = (text: string) => void;

export type Origin = 'environment' | 'path' | 'cache' | 'release' | 'debian' | 'npm' | 'go';

export type FoundProgram = {
  readonly path: string;
  readonly version: string;
  readonly from: Origin;
  /** To be set as LD_LIBRARY_PATH when it is started, where its libraries came with it. */
  readonly libraryPath?: string;
};

export type Request = {
  readonly program: ProgramName;
  readonly kit: Kit;
  /** A version or a prefix of one (`3.4`); '' takes any. */
  readonly wanted: string;
};

export type Surroundings = {
  readonly env: Environment;
  readonly cache: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
};

export type Attempt =
  | { readonly kind: 'found'; readonly program: FoundProgram }
  | { readonly kind: 'missed'; readonly why: string; readonly mend?: string };

/** One way to come by a program. A way that cannot serve says why as a value; it throws only when it was told to stop. */
export type Way = {
  readonly name: string;
  readonly find: (request: Request, surroundings: Surroundings) => Promise<Attempt>;
};

/** A whole kit that a fetcher laid into a folder. Paths are relative to that folder. */
export type FetchedKit = {
  readonly version: string;
  readonly programs: Readonly<Partial<Record<ProgramName, string>>>;
  readonly libraries?: readonly string[];
};

export type Fetched =
  | { readonly kind: 'fetched'; readonly kit: FetchedKit }
  | { readonly kind: 'missed'; readonly why: string; readonly mend?: string };

/**
 * Gets a kit from outside. `offers` says beforehand whether it could, so that nothing is locked or downloaded in vain;
 * `fetch` works only inside `into`, which is moved into the cache as a whole afterwards or thrown away.
 */
export type Fetcher = {
  readonly origin: Origin;
  readonly name: string;
  readonly offers: (request: Request) => { readonly why?: string };
  readonly fetch: (request: Request, into: string, surroundings: Surroundings) => Promise<Fetched>;
};

export function missed(why: string, mend?: string): { kind: 'missed'; why: string; mend?: string } {
  return mend === undefined ? { kind: 'missed', why } : { kind: 'missed', why, mend };
}
