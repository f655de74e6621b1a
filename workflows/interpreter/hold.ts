import { convert } from '../../plan/expressions/conversion.ts';
import type { ValueMap } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { OperatorAction, OperatorAsk } from '../../plan/operator.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { OutputSpec, Step } from '../../plan/plan.ts';
import type { Considered, Point } from './desk.ts';
import type { Frame } from './frame.ts';
import { hostIn } from './scope.ts';
import { note, Stop, type Walk } from './walk.ts';

/** What a person decided about a step that is held. */
export type Decision =
  | { readonly kind: 'retry'; readonly hosts: readonly HostName[] }
  | {
      readonly kind: 'skip';
      readonly hosts: readonly HostName[];
      readonly outputs: ValueMap;
      readonly reason: string;
    }
  | {
      readonly kind: 'resolve';
      readonly host: HostName;
      readonly as: 'succeeded' | 'failed' | 'run_again';
      readonly outputs: ValueMap;
      readonly reason: string;
    };

export type Trouble = {
  readonly step: Step;
  readonly instance: StepInstance;
  /** How often this step was held before. */
  readonly ordinal: number;
  readonly why: string;
  /** Empty for a step that happens once. */
  readonly results: readonly HostResult[];
};

/**
 * The run stops here, keeps its locks, says why, and waits. Nothing is undone.
 * @throws Stop when the run is aborted, and every host's fate is known.
 */
export async function hold(walk: Walk, frame: Frame, trouble: Trouble): Promise<Decision> {
  const unknown = trouble.results.filter((result) => result.outcome === 'unknown');
  const offers: readonly OperatorAction['kind'][] =
    unknown.length > 0 ? ['resolve', 'skip', 'retry', 'abort'] : ['retry', 'skip', 'abort'];
  const { promise, resolve } = Promise.withResolvers<Decision>();
  const point: Point = {
    id: `${trouble.instance}/hold/${trouble.ordinal}`,
    step: trouble.instance,
    waitsFor: offers.join(', '),
    offers,
    consider: (ask) => consider(walk, frame, trouble, ask),
    apply: (ask) => resolve(decision(walk, frame, trouble, ask)),
  };
  note(walk, 'run.held', point.id, {
    step: trouble.instance,
    hosts: trouble.results.map((result) => result.host),
    why: trouble.why,
    offers,
  });
  walk.desk.open(point);
  await walk.port.flush();
  try {
    return await untilAborted(walk, promise, unknown.length > 0);
  } finally {
    walk.desk.close(point);
  }
}

/** Aborting does not end a run while a command's fate is unknown: a person's word on it frees it. */
async function untilAborted(walk: Walk, decided: Promise<Decision>, fateUnknown: boolean): Promise<Decision> {
  if (fateUnknown) return decided;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Stop('cancelled', walk.desk.abortReason));
  if (walk.desk.aborted.aborted) stop();
  else walk.desk.aborted.addEventListener('abort', stop);
  try {
    return await Promise.race([decided, promise]);
  } finally {
    walk.desk.aborted.removeEventListener('abort', stop);
  }
}

function consider(walk: Walk, frame: Frame, trouble: Trouble, { action }: OperatorAsk): Considered {
  switch (action.kind) {
    case 'retry': {
      const blocked = chosen(trouble, action.hosts).find((result) => result.outcome === 'unknown');
      if (blocked) {
        return {
          ok: false,
          why: `Whether it ran on ${blocked.host} is not known.`,
          mend: `Say what you found there: holdfast resolve ${walk.input.run} --step ${trouble.instance} --host ${blocked.host} --as succeeded|failed|run_again -m REASON`,
        };
      }
      return (
        checkHosts(trouble, action.hosts) ?? {
          ok: true,
          says: `It runs again: ${where(trouble, action.hosts)}.`,
        }
      );
    }
    case 'skip': {
      const wrong =
        checkHosts(trouble, action.hosts) ?? checkOutputs(walk, frame, trouble.step, action.outputs, true);
      return wrong ?? { ok: true, says: `Skipped: ${where(trouble, action.hosts)}.` };
    }
    case 'resolve': {
      const result = trouble.results.find((one) => one.host === action.host);
      if (result?.outcome !== 'unknown') {
        return {
          ok: false,
          why: `What happened on ${action.host} is known: ${result?.outcome ?? 'it is not one of the held hosts'}.`,
          mend: 'Use retry or skip.',
        };
      }
      if (action.as === 'run_again' && result.sessionLives) {
        return {
          ok: false,
          why: `Processes of the command still live on ${action.host}.`,
          mend: 'Wait until they end, or end them there, before it runs again.',
        };
      }
      const wrong =
        action.as === 'succeeded'
          ? checkOutputs(walk, frame, trouble.step, action.outputs, false)
          : undefined;
      return wrong ?? { ok: true, says: `${action.host}: taken as ${action.as}.` };
    }
    default:
      return {
        ok: false,
        why: `A held step can't take ${action.kind}.`,
        mend: `It takes ${trouble.results.some((one) => one.outcome === 'unknown') ? 'resolve, ' : ''}retry, skip or abort.`,
      };
  }
}

function decision(walk: Walk, frame: Frame, trouble: Trouble, { action, reason }: OperatorAsk): Decision {
  switch (action.kind) {
    case 'skip':
      return {
        kind: 'skip',
        hosts: hostsOf(trouble, action.hosts),
        outputs: readOutputs(walk, frame, trouble.step, action.outputs),
        reason,
      };
    case 'resolve':
      return {
        kind: 'resolve',
        host: action.host,
        as: action.as,
        outputs: readOutputs(walk, frame, trouble.step, action.outputs),
        reason,
      };
    default:
      return {
        kind: 'retry',
        hosts: 'hosts' in action ? hostsOf(trouble, action.hosts) : hostsOf(trouble, undefined),
      };
  }
}

function chosen(trouble: Trouble, hosts: readonly HostName[] | undefined): readonly HostResult[] {
  return hosts === undefined
    ? trouble.results
    : trouble.results.filter((result) => hosts.includes(result.host));
}

function hostsOf(trouble: Trouble, hosts: readonly HostName[] | undefined): readonly HostName[] {
  return chosen(trouble, hosts).map((result) => result.host);
}

function where(trouble: Trouble, hosts: readonly HostName[] | undefined): string {
  const names = hostsOf(trouble, hosts);
  return names.length > 0 ? `${trouble.instance} on ${names.join(', ')}` : trouble.instance;
}

function checkHosts(trouble: Trouble, hosts: readonly HostName[] | undefined): Considered | undefined {
  const stranger = hosts?.find((host) => !trouble.results.some((result) => result.host === host));
  if (stranger === undefined) return undefined;
  return {
    ok: false,
    why: `${stranger} is not one of the hosts that ${trouble.instance} is held for.`,
    mend: `Those are: ${trouble.results.map((result) => result.host).join(', ') || 'none, it happens once'}.`,
  };
}

function declared(step: Step): { readonly [name: string]: OutputSpec } {
  return step.kind === 'run' || step.kind === 'http' ? step.outputs : {};
}

/** What is given must fit; what later steps read must be given. */
function checkOutputs(
  walk: Walk,
  frame: Frame,
  step: Step,
  given: JsonObject | undefined,
  skipping: boolean,
): Considered | undefined {
  const specs = declared(step);
  for (const [name, raw] of Object.entries(given ?? {})) {
    const spec = specs[name];
    if (!spec)
      return {
        ok: false,
        why: `${step.id} has no output ${name}.`,
        mend: `It has: ${Object.keys(specs).join(', ') || 'none'}.`,
      };
    const converted = convert(spec.type, raw, (host) => hostIn(walk, frame.unit, host as HostName));
    if (!converted.ok)
      return { ok: false, why: `${name}: ${converted.message}`, mend: 'Give a value of its declared type.' };
  }
  const missing = Object.keys(specs).filter(
    (name) => given?.[name] === undefined && isRead(frame, step.id, name),
  );
  if (missing.length === 0) return undefined;
  const flags = missing.map((name) => `--output ${name}=…`).join(' ');
  return {
    ok: false,
    why: `Later steps need ${missing.map((name) => `${step.id}.${name}`).join(', ')}.`,
    mend: `Give ${missing.length > 1 ? 'them' : 'it'}: holdfast ${skipping ? 'skip' : 'resolve'} ${walk.input.run} ${flags}`,
  };
}

/** Whether an expression of the unit reads `ID.name`. Rows that are missing are nothing that has to be given. */
function isRead(frame: Frame, id: string, name: string): boolean {
  const source = JSON.stringify([frame.unit.steps, frame.unit.outputs]);
  return new RegExp(`\\b${id}\\.${name}\\b`).test(source);
}

function readOutputs(walk: Walk, frame: Frame, step: Step, given: JsonObject | undefined): ValueMap {
  const specs = declared(step);
  const values = Object.entries(given ?? {}).flatMap(([name, raw]) => {
    const spec = specs[name];
    const converted = spec
      ? convert(spec.type, raw, (host) => hostIn(walk, frame.unit, host as HostName))
      : undefined;
    return converted?.ok ? [[name, converted.value] as const] : [];
  });
  return Object.fromEntries(values);
}
