import type { Command } from 'commander';
import type { DoctorAnswer } from '../../server/api/doctor.ts';
import { EXIT } from '../exit.ts';
import type { Io, Paint } from '../io.ts';
import { table } from '../view/text.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command.description(
    'Looks at every part that a run needs, and says what to do where one is not well (then exit 1).',
  );
  serverOptions(command);
  examples(command, [
    'holdfast doctor',
    'holdfast doctor -o json | jq ".checks[] | select(.level != \\"ok\\")"',
  ]);
  command.action(async (options: ServerOptions) => {
    const api = await connect(options, io);
    const found = await api.get<DoctorAnswer>('/api/doctor');
    print(io, options, found, () => doctorPage(io.paint, found, api.url));
    if (!found.ok) answer(EXIT.failed);
  });
}

export function doctorPage(paint: Paint, found: DoctorAnswer, url: string): string {
  const marks = { ok: paint.green('✓ ok'), warning: paint.yellow('! warning'), error: paint.red('✗ error') };
  const checks = [{ name: 'server', level: 'ok' as const, says: `answers at ${url}` }, ...found.checks];
  const lines = table(checks.map(({ name, level, says }) => [marks[level], paint.bold(name), says])).split(
    '\n',
  );
  return checks
    .flatMap((check, i) => [
      lines[i] ?? '',
      ...('mend' in check && check.mend ? [`            ${check.mend}`] : []),
    ])
    .join('\n');
}
