import type { ValueMap } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { OperatorAction, OperatorAsk } from '../../plan/operator.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Step } from '../../plan/plan.ts';
import type { Frame } from './frame.ts';
import { checkOutputs, readOutputs } from './given-outputs.ts';
import type { Considered } from './point.ts';
import { cancelled, note, type Walk } from './walk.ts';

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
 * The run stops here, keeps its locks, says why, and waits. Nothing is undone. Aborting does not end it while a
 * command's fate is unknown: a person's word on that frees it.
 * @throws Stop when the run is aborted, and every host's fate is known.
 */
export async function hold(walk: Walk, frame: Frame, trouble: Trouble): Promise<Decision> {
  const { step, instance, ordinal, why, results } = trouble;
  const fateUnknown = results.some((result) => result.outcome === 'unknown');
  const offers = offersOf(step, fateUnknown);
  const id = `${instance}/hold/${ordinal}`;
  note(walk, 'run.held', id, { step: instance, hosts: results.map((result) => result.host), why, offers });
  const waiting = walk.desk.decision<Decision>(
    (decide) => ({
      id,
      step: instance,
      waitsFor: offers.join(', '),
      offers,
      consider: (ask) => consider(walk, frame, trouble, ask),
      apply: (ask) => decide(decision(walk, frame, trouble, ask)),
    }),
    fateUnknown ? new Promise(() => {}) : walk.desk.whenAborted,
  );
  const [decided] = await Promise.all([waiting, walk.port.flush()]);
  if (decided) return decided;
  throw cancelled(walk);
}

/** A gate can't be skipped: what it guards would go on although nobody has approved it. */
function offersOf(step: Step, fateUnknown: boolean): readonly OperatorAction['kind'][] {
  if (step.kind === 'approve') return ['retry', 'abort'];
  return fateUnknown ? ['resolve', 'skip', 'retry', 'abort'] : ['retry', 'skip', 'abort'];
}

function consider(walk: Walk, frame: Frame, trouble: Trouble, { action }: OperatorAsk): Considered {
  switch (action.kind) {
    case 'retry': {
      const wrong =
        aborting(walk) ?? fateOf(walk, trouble, action.hosts) ?? checkHosts(trouble, action.hosts);
      return wrong ?? { ok: true, says: `It runs again: ${where(trouble, action.hosts)}.` };
    }
    case 'skip': {
      const wrong =
        fateOf(walk, trouble, action.hosts) ??
        checkHosts(trouble, action.hosts) ??
        (trouble.results.length > 0
          ? checkOutputs(walk, frame, trouble.step, action.outputs, true)
          : undefined); // held as a whole: what its hosts gave stands
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
      if (action.as === 'run_again')
        return (
          aborting(walk) ?? {
            ok: true,
            says: `${action.host}: it runs again, once the host sees nothing of it alive.`,
          }
        );
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

function aborting(walk: Walk): Considered | undefined {
  if (!walk.desk.aborted.aborted) return undefined;
  return {
    ok: false,
    why: 'The run is being aborted: nothing starts again.',
    mend: 'Resolve what is not known as succeeded or failed; then the run ends.',
  };
}

/** What may have run, or may be running, is neither repeated nor passed over before somebody has said which it is. */
function fateOf(
  walk: Walk,
  trouble: Trouble,
  hosts: readonly HostName[] | undefined,
): Considered | undefined {
  const blocked = chosen(trouble, hosts).find((result) => result.outcome === 'unknown');
  if (!blocked) return undefined;
  return {
    ok: false,
    why: `Whether it ran on ${blocked.host} is not known.`,
    mend: `Say what you found there: holdfast resolve ${walk.input.run} --step ${trouble.instance} --host ${blocked.host} --as succeeded|failed|run_again -m REASON`,
  };
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
