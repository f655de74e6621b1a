import { randomUUID } from 'node:crypto';
import { Argument, type Command, Option } from 'commander';
import type { OperatorPending, OperatorTaken } from '../../server/api/operator.ts';
import type { CommandFile } from '../catalogue.ts';
import type { Api } from '../client/api.ts';
import { findRun } from '../client/runRef.ts';
import { EXIT, invalid } from '../exit.ts';
import { getRun } from '../follow/look.ts';
import type { Io } from '../io.ts';
import { gateCard } from '../view/gate.ts';
import { clock } from '../view/text.ts';
import { connect, examples, many, pair, print, type ServerOptions, serverOptions } from './options.ts';

type Options = ServerOptions & {
  readonly reason?: string;
  readonly step?: string;
  readonly host?: readonly string[];
  readonly as?: string;
  readonly output?: Readonly<Record<string, string>>;
  readonly rollback?: true;
};

type Action = {
  readonly says: string;
  readonly needsReason?: true;
  readonly takes: readonly ('step' | 'host' | 'as' | 'outputs' | 'rollback')[];
  readonly examples: readonly string[];
};

const ACTIONS = {
  approve: {
    says: 'Says yes at a gate, to what it shows now. If that changes on the way the answer is refused.',
    takes: ['step'],
    examples: [
      'holdfast approve @last -m "looked at the plan with Kim"',
      'holdfast approve h3k2 --step really',
    ],
  },
  confirm: {
    says: 'Says that something is done that had to be done by hand, with a note on it.',
    needsReason: true,
    takes: ['step'],
    examples: ['holdfast confirm @last -m "cable 7 is in port 12"'],
  },
  reject: {
    says: 'Says no at a gate, or that something can’t be done by hand. The run is held there.',
    takes: ['step'],
    examples: ['holdfast reject @last -m "not before the backup"'],
  },
  pause: {
    says: 'Starts nothing new until the run is resumed; what runs now runs on.',
    takes: [],
    examples: ['holdfast pause @last -m "lunch"'],
  },
  resume: {
    says: 'Goes on after a pause. A run whose workflow is gone goes on from the record.',
    takes: [],
    examples: ['holdfast resume @last'],
  },
  retry: {
    says: 'Does a held step again: on all hosts that failed, or on those named.',
    takes: ['step', 'host'],
    examples: ['holdfast retry @last', 'holdfast retry @last --host etcd01'],
  },
  skip: {
    says: 'Goes on without a held step. What later steps need of it is given with --output.',
    needsReason: true,
    takes: ['step', 'host', 'outputs'],
    examples: [
      'holdfast skip @last -m "done by hand"',
      'holdfast skip @last --output version=3.4.23 -m "read it myself"',
    ],
  },
  resolve: {
    says: 'Says how a command ended on a host where that could not be known.',
    needsReason: true,
    takes: ['step', 'host', 'as', 'outputs'],
    examples: ['holdfast resolve @last --host etcd01 --as succeeded -m "the file is there"'],
  },
  abort: {
    says: 'Ends a run: running commands are asked to stop, nothing new starts. What was done stays done, or is undone with --rollback. While a run rolls back, abort stops that.',
    takes: ['rollback'],
    examples: [
      'holdfast abort @last -m "wrong cluster"',
      'holdfast abort @last --rollback -m "wrong cluster"',
    ],
  },
} as const satisfies Record<string, Action>;
export type ActionName = keyof typeof ACTIONS;

/** What a person may ask of a run: one command each, all alike. */
export function operate(name: ActionName): CommandFile {
  return { define: (command, io, answer) => define(name, command, io, answer) };
}

function define(name: ActionName, command: Command, io: Io, answer: (exit: number) => void): void {
  const action: Action = ACTIONS[name];
  command
    .description(
      `${action.says}\nExit codes: 0 taken, 2 refused with the reason, 3 recorded but not yet taken.`,
    )
    .addArgument(new Argument('RUN', 'its id, the beginning of it, or @last').argRequired())
    .option('-m, --reason <REASON>', `why; it stands in the record${action.needsReason ? ' (needed)' : ''}`);
  if (action.takes.includes('step')) command.option('--step <STEP>', 'which step, where several wait');
  if (action.takes.includes('host')) {
    command.option(
      '--host <HOST>',
      name === 'resolve' ? 'on which host (needed)' : 'on these hosts only',
      many,
    );
  }
  if (action.takes.includes('as')) {
    command.addOption(
      new Option('--as <OUTCOME>', 'what you found (needed)').choices(['succeeded', 'failed', 'run_again']),
    );
  }
  if (action.takes.includes('outputs')) {
    command.option('--output <NAME=VALUE>', 'a value that later steps need of it', pair);
  }
  if (action.takes.includes('rollback')) {
    command.option('--rollback', 'undo what has taken effect, in reverse order');
  }
  serverOptions(command);
  examples(command, action.examples);
  command.action(async (ref: string, options: Options) => answer(await act(name, io, ref, options)));
}

async function act(name: ActionName, io: Io, ref: string, options: Options): Promise<number> {
  const body = bodyOf(name, options);
  const api = await connect(options, io);
  const run = await findRun(api, ref);
  const shown = name === 'approve' ? await shownNow(api, io, run, options.step) : {};
  const { status, body: said } = await api.post<OperatorTaken | OperatorPending>(
    `/api/runs/${run}/${name}`,
    { ...body, ...shown },
    randomUUID(),
  );
  print(io, options, said, () => `${run}: ${said.says}`);
  if (status !== 202) return EXIT.done;
  if ('expires' in said)
    io.say(`Nobody takes it after ${clock(said.expires)}. What became of it: holdfast show ${run}`);
  return EXIT.waiting;
}

/** What the API takes, or what is missing said before anything is asked. */
function bodyOf(name: ActionName, options: Options): object {
  const action: Action = ACTIONS[name];
  const reason = options.reason ?? '';
  if (action.needsReason && reason.trim() === '') {
    throw invalid('cli/reason', `${name} needs a reason: it stands in the record.`, 'Add -m "why".');
  }
  const step = options.step === undefined ? {} : { step: options.step };
  const outputs = options.output === undefined ? {} : { outputs: options.output };
  if (name === 'abort') return { reason, rollback: options.rollback ?? false };
  if (name !== 'resolve') {
    return { reason, ...step, ...outputs, ...(options.host === undefined ? {} : { hosts: options.host }) };
  }
  const [host, another] = options.host ?? [];
  if (host === undefined || another !== undefined) {
    throw invalid('cli/host', 'resolve is about one host.', 'Name it: --host HOST');
  }
  if (options.as === undefined) {
    throw invalid(
      'cli/as',
      'It is not said how it ended.',
      'Add --as succeeded, --as failed or --as run_again.',
    );
  }
  return { reason, ...step, ...outputs, host, as: options.as };
}

/** The digest of what the gate shows, which is printed: what was seen is what is approved. */
async function shownNow(
  api: Api,
  io: Io,
  run: string,
  step: string | undefined,
): Promise<{ readonly shown?: string }> {
  const { gates } = await getRun(api, run);
  const meant = gates.filter(
    (gate) => step === undefined || gate.step === step || gate.step.endsWith(`/${step}`),
  );
  const [gate, another] = meant;
  // None or several: the run itself says what is wrong with that.
  if (gate === undefined || another !== undefined) return {};
  io.say(gateCard(io.talk, gate, io.now()));
  return { shown: gate.shown_digest };
}
