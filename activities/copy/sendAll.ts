import { type Item, placesOf } from './items.ts';
import type { Seen } from './look.ts';
import { packedBytes, packedFiles, sendPacked } from './pack.ts';
import type { Remote } from './remote.ts';
import { type Sent, send } from './send.ts';

/** What a copy has learned on the way, and keeps when it is cut off. */
export type Learned = {
  /** Arrived with another digest once. */
  readonly spoiled: Set<Item>;
  /** Names under which packed ones wait. */
  readonly packed: Map<Item, string>;
  packs: boolean;
  /** The host would not put it in place. */
  refused: boolean;
};

export type Missing = { readonly item: Item; readonly seen: Seen };

export type Trouble =
  | { readonly kind: 'cut'; readonly says: string }
  | { readonly kind: 'failed'; readonly says: string };

/** Files on their way at once, over one connection. */
const sendsAtOnce = 4;

/** Brings what is missing under its hidden names. Undefined: all of it has arrived. */
export async function sendAll(
  remote: Remote,
  copy: { readonly target: string; readonly folderMode: number; readonly signal: AbortSignal },
  missing: readonly Missing[],
  learned: Learned,
): Promise<Trouble | undefined> {
  const { small, large } = parted(missing, learned);
  const errands = [
    ...chunks(small, packedFiles).map((some) => () => packed(some)),
    ...large.map((one) => () => alone(one)),
  ];
  let trouble: Trouble | undefined;

  async function packed(some: readonly Missing[]): Promise<Trouble | undefined> {
    const items = some.map(({ item }) => item);
    const sent = await sendPacked(remote, copy.target, items, copy.folderMode);
    if (sent.kind === 'packed') {
      for (const [item, part] of sent.parts) learned.packed.set(item, part);
      return undefined;
    }
    if (sent.kind !== 'no_tar' && sent.kind !== 'differs') return troubleOf(sent);
    learned.packs = false;
    return { kind: 'cut', says: 'small files go one by one from now on' };
  }

  async function alone({ item, seen }: Missing): Promise<Trouble | undefined> {
    const { target, folderMode } = copy;
    const again = learned.spoiled.has(item);
    const from = !again && seen.part <= item.bytes ? seen.part : 0;
    learned.packed.delete(item);
    const sent = await send(remote, target, item, from, folderMode);
    if (sent.kind !== 'differs') return troubleOf(sent);
    const { path } = placesOf(target, item);
    if (again)
      return { kind: 'failed', says: `${path} arrived twice with another SHA-256 than ${item.sha256}` };
    // What was taken up was no part of it: now it is sent from its beginning.
    learned.spoiled.add(item);
    return { kind: 'cut', says: `${path} arrived with another SHA-256 than ${item.sha256}` };
  }

  async function sender(): Promise<void> {
    for (let errand = errands.shift(); errand !== undefined; errand = errands.shift()) {
      if (trouble !== undefined || copy.signal.aborted) return;
      trouble = (await errand()) ?? trouble;
    }
  }
  await Promise.all(Array.from({ length: sendsAtOnce }, sender));
  return trouble ?? (copy.signal.aborted ? { kind: 'cut', says: 'stopped' } : undefined);
}

function troubleOf(sent: Exclude<Sent, { kind: 'differs' }>): Trouble | undefined {
  switch (sent.kind) {
    case 'there':
      return undefined;
    case 'cut':
      return sent;
    case 'refused':
      return { kind: 'failed', says: sent.says };
  }
}

/** Small files of a folder, of which nothing is there yet, go together. */
function parted(missing: readonly Missing[], { packs, spoiled }: Learned) {
  const packable = ({ item, seen }: Missing) =>
    packs && item.path !== '' && item.bytes <= packedBytes && seen.part === 0 && !spoiled.has(item);
  return { small: missing.filter(packable), large: missing.filter((one) => !packable(one)) };
}

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
