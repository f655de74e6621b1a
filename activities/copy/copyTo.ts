import type { AsUser } from '../../plan/rounds.ts';
import type { Connected } from '../ssh/ssh.ts';
import { type Item, placesOf } from './items.ts';
import { isRight, look } from './look.ts';
import { type Placing, place } from './place.ts';
import { type Remote, remoteOf } from './remote.ts';
import { type Learned, sendAll } from './sendAll.ts';

export type Copy = {
  /** Where it goes; what is not absolute begins at the home folder. */
  readonly target: string;
  readonly items: readonly Item[];
  /** `user`, `user:group` or `:group`. */
  readonly owner?: string;
  /** As whom it is written. Left out: the login user. */
  readonly as?: AsUser;
  /** For folders that are made on the way. */
  readonly folderMode: number;
  connect(): Promise<Connected>;
  /** Asked once everything has arrived, before the first file is put in place. */
  mayPlace(): Promise<boolean>;
  readonly signal: AbortSignal;
};

export type Copied =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'copied' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly says: string }
  | { readonly kind: 'unreachable'; readonly says: string; readonly transient: boolean };

/** Cut off this often in a row without a byte more: then the way to the host is no way. */
const cutsInARow = 5;

/** Copies what differs, and puts it in place when all of it has arrived. */
export async function copyTo(copy: Copy): Promise<Copied> {
  let cuts = 0;
  let best = -1;
  const learned: Learned = { spoiled: new Set(), packed: new Map(), packs: true, refused: false };
  for (;;) {
    if (copy.signal.aborted) return { kind: 'stopped' };
    const connected = await copy.connect();
    if (!connected.ok) {
      if (copy.signal.aborted) return { kind: 'stopped' };
      const { says, transient } = connected.failure;
      return { kind: 'unreachable', says, transient };
    }
    const turn = await oneTurn(copy, remoteOf(connected.connection, copy.signal, copy.as), learned);
    if (turn.kind !== 'cut') return turn;
    cuts = turn.have > best ? 1 : cuts + 1;
    best = Math.max(best, turn.have);
    if (cuts >= cutsInARow && !copy.signal.aborted)
      return { kind: 'unreachable', says: turn.says, transient: true };
  }
}

/** `have`: bytes that were there when it began. */
type Cut = { readonly kind: 'cut'; readonly says: string; readonly have: number };

async function oneTurn(copy: Copy, remote: Remote, learned: Learned): Promise<Copied | Cut> {
  const { target, items, owner } = copy;
  const looked = await look(remote, target, items);
  if (!looked.ok) {
    if ('failure' in looked) return { kind: 'cut', says: looked.failure.says, have: 0 };
    return { kind: 'failed', says: looked.says };
  }
  const wrong = items.flatMap((item, at) => {
    const seen = looked.seen[at];
    return seen === undefined || isRight(seen, item.sha256, item.mode, owner) ? [] : [{ item, seen }];
  });
  const inTheWay = wrong.find(({ seen }) => seen.is === 'folder');
  if (inTheWay !== undefined)
    return {
      kind: 'failed',
      says: `${placesOf(target, inTheWay.item).path} is a folder; a file does not replace it`,
    };
  if (wrong.length === 0) return { kind: 'unchanged' };
  const missing = wrong.filter(({ item, seen }) => seen.sha256 !== item.sha256);
  const have = missing.reduce((sum, { seen }) => sum + seen.part, 0) + items.length - missing.length;
  const sent = await sendAll(remote, copy, missing, learned);
  if (sent !== undefined) return sent.kind === 'cut' ? { ...sent, have } : sent;
  if (!(await copy.mayPlace())) return { kind: 'stopped' };
  const placings = wrong.map(({ item, seen }): Placing => {
    if (seen.sha256 === item.sha256) return { item };
    return { item, part: learned.packed.get(item) ?? placesOf(target, item).part };
  });
  const placed = await place(remote, target, placings, owner);
  if (placed.kind === 'cut') return { kind: 'cut', says: placed.says, have };
  if (placed.kind === 'placed') return { kind: 'copied' };
  // Another one who copies the same may have put it in place just now: what stands there is looked at once more.
  if (learned.refused) return { kind: 'failed', says: placed.says };
  learned.refused = true;
  return { kind: 'cut', says: placed.says, have };
}
