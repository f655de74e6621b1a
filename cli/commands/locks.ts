import type { Command } from 'commander';
import type { LockList } from '../../server/api/ledger.ts';
import type { Io } from '../io.ts';
import { statusPaint } from '../view/outcome.ts';
import { duration, padEnd, table } from '../view/text.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';

export function define(command: Command, io: Io): void {
  command.description(
    'Lists the locks that are held: by which run, for how long, and who waits for them. A lock is freed by the end of its run.',
  );
  serverOptions(command);
  examples(command, ['holdfast locks', 'holdfast locks -o json | jq -r ".[].name"']);
  command.action(async (options: ServerOptions) => {
    const api = await connect(options, io);
    const { locks } = await api.get<LockList>('/api/locks');
    if (locks.length === 0) io.say('No lock is held.');
    if (locks.length === 0 && options.format === 'text') return;
    print(io, options, locks, () => locksTable(locks, io));
  });
}

function locksTable(locks: LockList['locks'], { paint, now }: Io): string {
  const rows = locks.map(({ name, run, since, status, waiting, says }) => [
    name,
    run,
    statusPaint(paint, status)(padEnd(status, 11)),
    paint.dim(duration(now() - since)),
    says ?? (waiting.length === 0 ? '' : `then ${waiting.join(', ')}`),
  ]);
  return table(rows);
}
