import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { LogList, LogPiece } from '../../server/api/logs.ts';
import type { Api } from '../client/api.ts';
import { type Following, messages, patiently } from '../client/events.ts';
import { findRun } from '../client/runRef.ts';
import { EXIT, invalid } from '../exit.ts';
import { getRun } from '../follow/look.ts';
import type { Io } from '../io.ts';
import { hasEnded, standsStill } from '../view/outcome.ts';
import { bytes, table } from '../view/text.ts';
import { connect, examples, many, print, type ServerOptions, serverOptions, whole } from './options.ts';

type Options = ServerOptions & {
  readonly host?: readonly string[];
  readonly follow?: true;
  readonly err?: true;
  readonly try?: number;
};
type Log = LogList['logs'][number];

const PIECE_BYTES = 1_048_576;
const LOOK_EVERY_MS = 500;
/** What has no newline for so many characters is printed before its line is whole. */
const LONGEST_LINE = 65_536;

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Lists what commands of a run said, or prints it: standard output, then standard error of the newest try.\nSeveral hosts: each line has its host before it.',
    )
    .argument('RUN', 'its id, the beginning of it, or @last')
    .argument('[STEP]', 'a step, as etcd/stop or only stop')
    .option('--host <HOST>', 'only these hosts', many)
    .option('-f, --follow', 'go on while it runs')
    .option('--err', 'only standard error')
    .option('--try <COUNT>', 'not the newest try but this one, from 0', whole);
  serverOptions(command);
  examples(command, [
    'holdfast logs @last',
    'holdfast logs @last join/start --host etcd01',
    'holdfast logs @last snapshot -f',
  ]);
  command.action(async (ref: string, step: string | undefined, options: Options) => {
    const api = await connect(options, io);
    const run = await findRun(api, ref);
    if (step !== undefined && options.follow) return answer(await followAll(api, io, run, step, options));
    const { logs } = await api.get<LogList>(`/api/runs/${run}/logs`);
    if (step === undefined) return list(run, logs, options, io);
    const meant = pick(logs, step, options);
    if (meant.length > 0) return printAll(api, io, run, meant, options);
    const { steps } = await getRun(api, run);
    io.say(saidNothing(run, logs, steps, step, options));
  });
}

function list(run: string, logs: readonly Log[], options: Options, io: Io): void {
  if (logs.length === 0) io.say(`No command of ${run} has said anything.`);
  if (logs.length === 0 && options.format === 'text') return;
  print(io, options, logs, () =>
    table(
      logs.map((log) => [
        log.step,
        log.host,
        log.stream === 'out' ? 'output' : 'errors',
        log.generation === 0 ? '' : `try ${log.generation}`,
        log.truncated ? `${bytes(log.bytes)}, the rest was not kept` : bytes(log.bytes),
      ]),
    ),
  );
}

/** The streams that are meant: of each step and host the newest try, or the one named. */
function inOrder(a: Log, b: Log, steps: readonly string[]): number {
  return (
    steps.indexOf(a.step) - steps.indexOf(b.step) ||
    a.host.localeCompare(b.host) ||
    b.stream.localeCompare(a.stream)
  );
}

export function pick(logs: readonly Log[], step: string, options: Options): readonly Log[] {
  const named = logs.filter((log) => log.step === step);
  const ofStep = named.length > 0 ? named : logs.filter((log) => log.step.endsWith(`/${step}`));
  const meant = ofStep.filter(({ host }) => options.host === undefined || options.host.includes(host));
  const stepOrder = [...new Set(meant.map((log) => log.step))];
  const newest = new Map<string, number>();
  for (const { step: at, host, generation } of meant) {
    newest.set(`${at} ${host}`, Math.max(generation, newest.get(`${at} ${host}`) ?? 0));
  }
  const chosen = meant
    .filter((log) => log.generation === (options.try ?? newest.get(`${log.step} ${log.host}`)))
    .filter((log) => !options.err || log.stream === 'err')
    .sort((a, b) => inOrder(a, b, stepOrder));
  return chosen;
}

/** A command that is silent is nothing wrong; a step that the run does not have is. Throws `log/unknown`. */
export function saidNothing(
  run: string,
  logs: readonly Log[],
  known: readonly { readonly step: string; readonly sensitive?: true | undefined }[],
  step: string,
  options: Options,
): string {
  const others = [...new Set(logs.map((log) => log.step))];
  const these =
    others.length === 0
      ? `No command of ${run} has said anything.`
      : `These have said something: ${others.slice(0, 12).join(', ')}`;
  const meant = known.filter((one) => one.step === step || one.step.endsWith(`/${step}`));
  if (meant.length === 0) throw invalid('log/unknown', `${run} has come to no step ${step}.`, these);
  if (meant.some(({ sensitive }) => sensitive)) return notKept(step);
  return `${step} said nothing${options.host === undefined ? '' : ` on ${options.host.join(', ')}`}. ${these}`;
}

async function printAll(
  api: Api,
  io: Io,
  run: string,
  logs: readonly Log[],
  options: Options,
): Promise<void> {
  const lines = printer(io, () => logs, options);
  for (const log of logs) {
    let offset = 0;
    for (;;) {
      const piece = await api.get<LogPiece>(`/api/runs/${run}/log`, {
        ...key(log),
        offset,
        limit: PIECE_BYTES,
      });
      await lines.take(log, piece);
      offset = piece.next;
      if (piece.text !== '' && piece.next < piece.bytes) continue;
      lines.end(log, piece);
      break;
    }
  }
}

/** Follows what there is and what comes (other hosts, standard error, another try) until the step, or the run, is over. */
async function followAll(api: Api, io: Io, run: string, step: string, options: Options): Promise<number> {
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  process.once('SIGINT', interrupted);
  const following = { signal: stop.signal };
  const known = new Map<string, Log>();
  const lines = printer(io, () => [...known.values()], options);
  const streams: Promise<void>[] = [];
  for (let over = false; !stop.signal.aborted; ) {
    const { logs } = await patiently(
      () => api.get<LogList>(`/api/runs/${run}/logs`, {}, stop.signal),
      following,
    );
    for (const log of pick(logs, step, options)) {
      const name = JSON.stringify(key(log));
      if (known.has(name)) continue;
      known.set(name, log);
      streams.push(followOne(api, run, log, lines, following));
    }
    // One more look after its end: what was said last is listed by then.
    if (over) break;
    over = await patiently(() => isOver(api, run, step), following);
    if (!over) await pause(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  await Promise.all(streams);
  process.off('SIGINT', interrupted);
  if (stop.signal.aborted) return EXIT.interrupted;
  if (known.size === 0)
    io.say((await isSensitive(api, run, step)) ? notKept(step) : `${step} has said nothing.`);
  return EXIT.done;
}

function notKept(step: string): string {
  return `${step} is sensitive: what it says is not kept.`;
}

async function isSensitive(api: Api, run: string, step: string): Promise<boolean> {
  const { steps } = await getRun(api, run);
  return steps.some((one) => (one.step === step || one.step.endsWith(`/${step}`)) && one.sensitive === true);
}

async function isOver(api: Api, run: string, step: string): Promise<boolean> {
  const view = await getRun(api, run);
  // A held step says nothing more until a person acts.
  if (hasEnded(view.status) || standsStill(view.status)) return true;
  const own = view.steps.filter((one) => one.step === step || one.step.endsWith(`/${step}`));
  return own.length > 0 && own.every(({ outcome }) => outcome !== 'running');
}

async function followOne(
  api: Api,
  run: string,
  log: Log,
  lines: Printer,
  following: Following,
): Promise<void> {
  let next = 0;
  let last: LogPiece | undefined;
  const source = messages(api, `/api/runs/${run}/log`, key(log), () => next, following);
  for await (const { event, data } of source) {
    if (event !== 'log') continue;
    const piece: LogPiece = JSON.parse(data);
    await lines.take(log, piece);
    next = piece.next;
    last = piece;
    if (piece.ended) break;
  }
  lines.end(log, last);
}

function key({ step, host, generation, stream }: Log) {
  return { step, host, generation, stream };
}

type Printer = ReturnType<typeof printer>;

/** One stream as it is; several by whole lines, with what tells them apart before each. */
export function printer(io: Io, all: () => readonly Log[], options: Options) {
  const distinct = (of: (log: Log) => string) => new Set(all().map(of)).size > 1;
  const rest = new Map<Log, string>();
  /** Of whose line the beginning is printed. */
  let begun: Log | undefined;
  const prefix = (log: Log) => {
    const [steps, hosts] = [distinct(({ step }) => step), distinct(({ host }) => host)];
    const label = [...(steps ? [log.step] : []), ...(hosts ? [log.host] : [])].join(' ');
    const mark = log.stream === 'err' && !options.err ? '!' : '│';
    return steps || hosts || all().length > 1
      ? io.paint.dim(`${label}${label === '' ? '' : ' '}${mark} `)
      : '';
  };
  function print(log: Log, text: string, whole: boolean): void {
    const goesOn = begun === log;
    if (begun !== undefined && !goesOn) io.out('');
    begun = whole ? undefined : log;
    const line = goesOn ? text : prefix(log) + text;
    if (whole) io.out(line);
    else io.part(line);
  }
  return {
    /** Resolves when there is room for more: a slow reader is waited for, and not held in memory. */
    async take(log: Log, piece: LogPiece): Promise<void> {
      if (options.format === 'json') {
        if (piece.text !== '') io.out(JSON.stringify(piece));
        return io.drained();
      }
      const lines = ((rest.get(log) ?? '') + piece.text).split('\n');
      const last = lines.pop() ?? '';
      for (const line of lines) print(log, line, true);
      const long = last.length > LONGEST_LINE;
      if (long) print(log, last, false);
      rest.set(log, long ? '' : last);
      return io.drained();
    },
    /** `piece`: the last one there was. */
    end(log: Log, piece: LogPiece | undefined): void {
      const last = rest.get(log) ?? '';
      if (last !== '' || begun === log) print(log, last, true);
      rest.delete(log);
      if (piece?.truncated) {
        const what = log.stream === 'out' ? 'said' : 'said on its standard error';
        const limits = 'There is a limit for each stream, and a full disk is one too.';
        io.say(`What ${log.step} ${what} on ${log.host} after ${bytes(piece.bytes)} was not kept. ${limits}`);
      }
    },
  };
}
