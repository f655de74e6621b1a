import type { Command } from 'commander';
import type { RunList, RunSummary } from '../../server/api/runs.ts';
import { invalid } from '../exit.ts';
import type { Io } from '../io.ts';
import { statusPaint } from '../view/outcome.ts';
import { actor, day, duration, padEnd, shorten, table } from '../view/text.ts';
import { connect, examples, print, type ServerOptions, serverOptions, whole } from './options.ts';

type Options = ServerOptions & { readonly status?: string; readonly since?: string; readonly limit: number };

export function define(command: Command, io: Io): void {
  command
    .description('Lists runs, newest first.')
    .option('--status <STATUS>', 'only these, with commas: running, held, waiting, failed …')
    .option('--since <TIME>', 'asked for since then: 2h, 3d, or 2026-11-23')
    .option('-n, --limit <COUNT>', 'at most so many', whole, 20);
  serverOptions(command);
  examples(command, [
    'holdfast runs',
    'holdfast runs --status held,waiting',
    'holdfast runs --since 2d -o json | jq -r ".[].run"',
  ]);
  command.action(async (options: Options) => {
    const api = await connect(options, io);
    const since = options.since === undefined ? undefined : sinceTime(options.since, io.now());
    const { runs } = await api.get<RunList>('/api/runs', {
      status: options.status,
      since,
      limit: options.limit,
    });
    if (runs.length === 0) io.say('There is no such run. Start one: holdfast run NAME');
    if (runs.length === 0 && options.format === 'text') return;
    print(io, options, runs, () => {
      const { paint } = io;
      const rows = runs.map((run) => [
        run.run,
        statusPaint(paint, run.status)(padEnd(run.status, 9)),
        run.runbook,
        paint.dim(day(run.requested_at)),
        paint.dim(duration((run.ended_at ?? io.now()) - (run.started_at ?? run.requested_at))),
        actor(run.requested_by),
        shorten(aboutRun(run), 60),
      ]);
      return table(rows);
    });
  });
}

/** What is worth knowing first: what is wrong, where it stands and why, else what it was started for. */
function aboutRun({ warning, at, why, reason }: RunSummary): string {
  if (warning !== undefined) return warning;
  if (why === undefined) return reason;
  return at === undefined ? why : `${at}: ${why}`;
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function sinceTime(text: string, now: number): number {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * UNITS[unit as keyof typeof UNITS];
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text);
  if (!Number.isNaN(at)) return at;
  throw invalid(
    'cli/since',
    `${text} is no time.`,
    'Write it as 30m, 2h, 3d, 2026-11-23 or 2026-11-23T14:00.',
  );
}
