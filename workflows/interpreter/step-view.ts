import { HoldfastError } from '../../plan/errors.ts';
import { withAbsence } from '../../plan/expressions/absence.ts';
import { type HostValue, hostValue, type Value, type ValueMap, View } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import { isHostStep } from '../../plan/plan.ts';
import { isTrouble, type StepState, tookPlace } from './step-state.ts';

/** How a step looks to expressions: `X.field`, `X.rows`, `X.each.field`, `X.results`, `X.choice`, `X.outcome`. */
export function stepView(
  state: StepState,
  here: HostName | undefined,
  hostOf: (name: HostName) => HostValue,
): View {
  const names = fieldNames(state);
  return new View(
    `step ${state.step.id}`,
    (field) => {
      switch (field) {
        case 'rows':
          return rows(state, hostOf);
        case 'results':
          return results(state, hostOf);
        case 'each':
          return eachView(state, hostOf);
        default:
          return ownField(state, field, here);
      }
    },
    () => [...names, 'outcome', 'rows', 'each', 'results'],
  );
}

function fieldNames(state: StepState): readonly string[] {
  if (isHostStep(state.step)) return Object.keys(state.step.outputs);
  return Object.keys(state.fields);
}

function rows(state: StepState, hostOf: (name: HostName) => HostValue): Value {
  if (state.hosts.length === 0) return state.rows;
  const missing: string[] = [];
  const present: ValueMap[] = [];
  for (const host of state.hosts) {
    const result = state.results.get(host);
    const given = result?.outcome === 'skipped' && state.outputs.has(host); // a person gave them
    if (result && (given || tookPlace(result.outcome))) {
      present.push({ ...state.outputs.get(host), host: hostOf(host), outcome: result.outcome });
    } else if (result) {
      missing.push(`${host} (${result.outcome}${result.reason ? `: ${result.reason}` : ''})`);
    }
  }
  return missing.length > 0 ? withAbsence(present, missing.join('; ')) : present;
}

function results(state: StepState, hostOf: (name: HostName) => HostValue): Value {
  if (state.hosts.length === 0) return state.rows;
  return state.hosts.flatMap((host): ValueMap[] => {
    const result = state.results.get(host);
    if (!result) return [];
    return [
      {
        ...state.outputs.get(host),
        host: hostOf(host),
        outcome: result.outcome,
        reason: result.reason ?? '',
      },
    ];
  });
}

function eachView(state: StepState, hostOf: (name: HostName) => HostValue): View {
  return new View(
    `${state.step.id}.each`,
    (field) => {
      const all = rows(state, hostOf);
      const values = (all as readonly ValueMap[])
        .map((row) => row[field])
        .filter((value) => value !== undefined);
      return values;
    },
    () => fieldNames(state),
  );
}

/** This host's value, or the only host's. Where it could be several, the reader must say which: `X.rows`. */
function ownField(state: StepState, field: string, here: HostName | undefined): Value | undefined {
  const { step } = state;
  if (!isHostStep(step)) return field === 'outcome' ? state.outcome : state.fields[field];
  // Of a step for any host that answers, that host's value is everybody's.
  const host = here !== undefined && !step.any && state.results.has(here) ? here : onlyHost(state);
  if (host === undefined) {
    throw new HoldfastError(
      'value/several',
      `${state.step.id}.${field} could be the value of several hosts: ${state.hosts.join(', ')}.`,
      `Say ${state.step.id}.rows or ${state.step.id}.each.${field}.`,
    );
  }
  const result = state.results.get(host);
  if (field === 'outcome') return result?.outcome ?? 'skipped';
  const value = state.outputs.get(host)?.[field];
  if (value === undefined && field in step.outputs) {
    throw new HoldfastError(
      'value/missing',
      `${state.step.id}.${field} has no value on ${host}: the step is ${result?.outcome ?? 'not run'} there.`,
      `Say get(${state.step.id}, "${field}", …) with a default, or ${state.step.id}.rows.`,
    );
  }
  return value;
}

function onlyHost(state: StepState): HostName | undefined {
  if (state.hosts.length === 1) return state.hosts[0];
  const there = state.hosts.filter((host) => {
    const outcome = state.results.get(host)?.outcome;
    return outcome !== undefined && !isTrouble(outcome) && state.outputs.has(host);
  });
  return there.length === 1 ? there[0] : undefined;
}

/** What stands for a host where the plan does not know it: its name and nothing else. */
export function bareHost(name: HostName): HostValue {
  return hostValue(name, { name });
}
