import type { Entry } from '../../ledger/events.ts';
import { digest, hostName, runId } from '../../plan/ids.ts';
import type { OperatorAction, OperatorAsk } from '../../plan/operator.ts';
import type { ApproveStep, Plan, RunStep, Step, Template, Unit } from '../../plan/plan.ts';
import type { RunInput } from '../input.ts';
import { type Answer, FakePort } from '../port.fake.ts';
import { Desk } from './desk.ts';
import { interpret, type RunEnd } from './interpret.ts';

export const at = { file: 'test.yaml', line: 1, column: 1 };
export const hosts = ['a', 'b', 'c'].map(hostName);
export const input: RunInput = {
  run: runId('r1'),
  plan: digest('p'),
  epoch: 1,
  requestedBy: 'ops',
  reason: 'test',
  identity: 'one_owner',
};

export function runStep(id: string, more: Partial<RunStep> = {}): RunStep {
  return {
    id,
    kind: 'run',
    at,
    check: [],
    onFailure: 'hold',
    on: [{ op: 'add', of: { hosts } }],
    any: false,
    effect: 'change',
    mayFail: false,
    idempotent: false,
    onUnknown: 'ask',
    env: {},
    outputs: {},
    sensitive: false,
    script: { sha256: digest(`script of ${id}`), shell: 'sh', includes: [] },
    ...more,
  };
}

export const once = { at, check: [], onFailure: 'hold' } as const;
export const cel = (source: string) => ({ cel: source });
export const template = (source: string): Template => [cel(source)];

export function planOf(
  steps: readonly Step[],
  more: Partial<Unit> = {},
  units: { readonly [name: string]: Unit } = {},
): Plan {
  const main: Unit = { name: 'main', inputs: {}, hostVars: [], steps, outputs: {}, report: [], ...more };
  return {
    format: 1,
    interpreter: 1,
    runbook: 'main',
    summary: '',
    sources: [],
    inputs: {},
    hosts: hosts.map((name) => ({
      name,
      address: `127.0.0.${name}`,
      port: 22,
      user: 'u',
      zone: 'default',
      groups: [],
      vars: {},
      ssh: {},
    })),
    locks: ['host/a'],
    onFailure: 'hold',
    main: 'main',
    units: { main, ...units },
  };
}

export const works: Answer = () => ({ outcome: 'succeeded', rc: 0 });

export type Started = {
  readonly port: FakePort;
  readonly end: Promise<RunEnd>;
  readonly ask: (action: OperatorAction, id?: string, subject?: string) => ReturnType<Desk['submit']>;
};

export function start(
  plan: Plan,
  answer: Answer,
  ledger = new Map<string, Entry>(),
  more: Partial<RunInput> = {},
): Started {
  const port = new FakePort(answer, ledger);
  const walked = { ...input, ...more };
  const desk = new Desk(walked, port);
  if (walked.epoch > 1) desk.recall([...ledger.values()]);
  const end = interpret(walked, plan, port, desk);
  let asks = 0;
  return {
    port,
    end,
    ask: async (action, id, subject = 'ops') => {
      await settle();
      const actor: OperatorAsk['actor'] = { kind: 'person', subject, issuer: 'local' };
      return desk.submit({ ask: id ?? `ask-${walked.epoch}-${asks++}`, actor, reason: 'because', action });
    },
  };
}

/** Lets the walk come to where it waits. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A gate for tests: one owner, a day. */
export function gateStep(id: string, more: Partial<ApproveStep> = {}): ApproveStep {
  return {
    ...once,
    id,
    kind: 'approve',
    ask: ['Go on?'],
    by: [],
    count: 1,
    allowRequester: true,
    expiresMs: 86_400_000,
    show: [],
    ...more,
  };
}
