import { Readable } from 'node:stream';
import type { CopiedFile, CopyStep } from '../../plan/plan.ts';
import type { HostTask } from '../../plan/rounds.ts';
import type { Item } from '../copy/items.ts';
import { listOnHost } from '../copy/onHost.ts';
import type { Connected } from '../ssh/ssh.ts';
import type { Round } from './round.ts';

/** Of a file in the store, read at once. */
const pieceBytes = 1024 * 1024;
/** Of files of the runbook that say no mode: as others' files are on most hosts. */
export const modes = { plain: 0o644, executable: 0o755 } as const;

export type ListedItems =
  | { readonly ok: true; readonly items: readonly Item[] }
  | { readonly ok: false; readonly transient: boolean; readonly says: string };

/** What a copy step brings: files that the plan has pinned, or those that are on another host now. */
export async function itemsOf(
  round: Round,
  step: CopyStep,
  copy: NonNullable<HostTask['copy']>,
  signal: AbortSignal,
): Promise<ListedItems> {
  const { from, mode } = step;
  switch (from.kind) {
    case 'file':
      return { ok: true, items: [kept(round, from.file, '', mode)] };
    case 'folder':
      return { ok: true, items: from.files.map((file) => kept(round, file, file.path, mode)) };
    case 'host': {
      const there = copy.from === undefined ? undefined : round.plan.hosts.get(copy.from.host);
      if (there === undefined || copy.from === undefined)
        return { ok: false, transient: false, says: 'the plan does not have the host that it comes from' };
      const connected: Connected = await round.parts.pool.connect(there, signal);
      if (!connected.ok) return { ok: false, ...connected.failure };
      const { connection } = connected;
      const listed = await listOnHost(connection, copy.from.path, signal, copy.from.become);
      if (!listed.ok) return { ...listed, says: `${there.name}: ${listed.says}` };
      return mode === undefined
        ? listed
        : { ok: true, items: listed.items.map((item) => ({ ...item, mode })) };
    }
  }
}

/** A file that the plan has pinned, out of the store. */
function kept(round: Round, file: CopiedFile, path: string, mode: number | undefined): Item {
  const { sha256, bytes, executable } = file;
  const { ledger } = round.parts;
  async function* pieces(from: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < bytes; ) {
      const piece = await ledger.filePart(sha256, at, pieceBytes);
      if (piece.length === 0) throw new Error(`the store has less of it than the plan says`);
      at += piece.length;
      yield piece;
    }
  }
  return {
    path,
    sha256,
    bytes,
    mode: mode ?? (executable ? modes.executable : modes.plain),
    open: async (from) => Readable.from(pieces(from), { objectMode: false }),
  };
}
