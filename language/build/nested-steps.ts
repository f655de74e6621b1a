import { type CheckType, DYN } from '../../plan/expressions/check-types.ts';
import type { GroupStep, Loop, Step, UseStep } from '../../plan/plan.ts';
import type { Known } from '../check/scope.ts';
import type { GroupForm, UseForm } from '../schema/nested.ts';
import { readBecome } from './become.ts';
import { type Built, ownKnown } from './built.ts';
import { type Common, readChecks, readCommon, withWhen } from './common.ts';
import { readEnv, readSerial } from './host-step.ts';
import { readHosts } from './hosts.ts';
import { readMaxFailures } from './max-failures.ts';
import { type Hosts, type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';
import { readWith } from './with.ts';

/** How often, and what the inside then knows. */
type Around = { readonly loop?: Loop; readonly place: StepPlace };

/** A group's steps, one after the other or side by side. Given by whoever builds steps, as these nest. */
export type BuildSteps = (
  place: StepPlace,
  parallel: boolean,
) => { readonly steps: readonly Step[]; readonly names: ReadonlyMap<string, Known> };

export function buildGroup(
  unit: UnitContext,
  place: StepPlace,
  id: string,
  form: GroupForm,
  buildSteps: BuildSteps,
): Built {
  const around = readAround(unit, place, form);
  const common = readCommon(unit, place, id, form, false, around.place.scope);
  const listLoop = around.loop?.over === 'list';
  const conditions = withWhen(around.place, form);
  const inner = { ...around.place, conditions };
  const env = { ...place.env, ...readEnv(unit, [...place.path, 'env'], form.env, viewFrom(inner, true)) };
  const become = readBecome(
    unit,
    [...place.path, 'become'],
    form.become,
    viewFrom(inner, true),
    place.become,
  );
  const { become: _, ...bare } = inner;
  const within = {
    ...bare,
    path: [...place.path, 'steps'],
    env,
    ...(become === undefined ? {} : { become }),
  };
  const parallel = form.parallel === true && !listLoop;
  const { steps, names } = buildSteps(within, parallel);
  const looped = around.loop !== undefined;
  const known = asLooped(ownKnown(unit, place, form, {}, true, looped), looped);
  const seen = looped ? outOfReach(id, names, form.as ?? 'item') : names;
  const scope = place.scope.copy();
  for (const [name, each] of seen) scope.names.set(name, each);
  scope.names.set(id, known);
  const check = readChecks(unit, [...place.path, 'check'], form.check, {
    scope,
    perHost: false,
    conditions,
    own: id,
  });
  const step: GroupStep = {
    kind: 'group',
    ...common,
    check,
    steps,
    parallel,
    ...(around.loop === undefined ? {} : { loop: around.loop }),
  };
  return { step, known, names: seen };
}

export function buildUse(unit: UnitContext, place: StepPlace, id: string, form: UseForm): Built {
  const { source, complaints } = unit;
  const { path } = place;
  const around = readAround(unit, place, form);
  if (form.on !== undefined && form.as === undefined)
    complaints.error(source.keyAt([...path, 'on']), {
      code: 'use/on',
      message: 'on does not reach into another runbook.',
      mend: 'Pass the hosts: with: { members: … }; or add as: NAME to do it once for each host.',
    });
  const common: Common = readCommon(unit, place, id, form, false, around.place.scope);
  const face = unit.use(form.use, [...path, 'use']);
  const view = viewFrom(around.place, false, { conditions: withWhen(around.place, form) });
  const passed = face === undefined ? {} : readWith(unit, path, form.with, face, view);
  const looped = around.loop !== undefined;
  const known: Known =
    face === undefined
      ? { kind: 'value', what: 'set', type: DYN, at: source.at(path) }
      : asLooped(ownKnown(unit, place, form, face.outputs, true, looped), looped);
  const check = readChecks(unit, [...path, 'check'], form.check, {
    scope: place.scope.with(id, known),
    perHost: false,
    conditions: withWhen(place, form),
    own: id,
  });
  if (face === undefined) return { known };
  const step: UseStep = {
    kind: 'use',
    ...common,
    check,
    unit: face.name,
    with: passed,
    ...(around.loop === undefined ? {} : { loop: around.loop }),
  };
  return { step, known };
}

/** What a loop gives are rows, one for each turn. */
function asLooped(known: Known, looped: boolean): Known {
  return looped && known.kind === 'step' ? { ...known, single: false, looped: true } : known;
}

function readAround(unit: UnitContext, place: StepPlace, form: UseForm | GroupForm): Around {
  const { source, complaints, expressions } = unit;
  const { path } = place;
  const refuse = (key: string, message: string, mend: string) =>
    complaints.error(source.keyAt([...path, key]), { code: 'step/loop', message, mend });
  if (form.max_failures !== undefined && (form.as === undefined || form.for_each !== undefined))
    complaints.error(source.keyAt([...path, 'max_failures']), {
      code: 'step/max-failures',
      message:
        'max_failures counts the hosts that a group or a use goes through, and this goes through none.',
      mend: 'Add on: PATTERN and as: NAME, or move max_failures to the steps.',
    });
  const outer = viewFrom(place, false);
  const hosts: Hosts | undefined =
    form.on === undefined ? place.on : readHosts(unit, [...path, 'on'], form.on, outer);
  const base: StepPlace = hosts === undefined ? place : { ...place, on: hosts };
  if (form.for_each !== undefined) {
    if (form.on !== undefined && form.as !== undefined && 'use' in form)
      refuse(
        'on',
        'A step loops over hosts (on and as) or over a list (for_each), not over both.',
        'Remove one.',
      );
    if (form.serial !== undefined)
      refuse(
        'serial',
        'for_each goes one after the other; serial is for hosts.',
        'Remove serial, or add parallel: true.',
      );
    const here = [...path, 'for_each'];
    const text = typeof form.for_each === 'string' ? form.for_each : undefined;
    if (text === undefined)
      complaints.error(source.at(here), {
        code: 'step/for-each',
        message: 'for_each takes an expression that gives a list.',
        mend: 'Write it in quotes: for_each: "[1, 2, 3]".',
      });
    const list =
      text === undefined ? undefined : expressions.bare({ source, path: here }, text, outer, 'list');
    const as = form.as ?? 'item';
    const type: CheckType = list?.type.kind === 'list' ? list.type.of : DYN;
    const scope = base.scope.with(as, { kind: 'value', what: 'loop', type, at: source.at(here) });
    const inside = { ...base, scope };
    return list === undefined
      ? { place: inside }
      : { place: inside, loop: { over: 'list', list: list.expr, as, parallel: form.parallel === true } };
  }
  if (form.as === undefined) {
    if (form.serial !== undefined)
      refuse(
        'serial',
        'serial needs as: here it says how many hosts the group goes through at a time.',
        'Add as: NAME, or move serial to the steps.',
      );
    return { place: base };
  }
  if (form.on === undefined) {
    refuse(
      'as',
      'as names the host or item of a loop, and there is none.',
      'Add on: PATTERN or for_each: LIST.',
    );
    return { place: base };
  }
  const at = source.keyAt([...path, 'as']);
  const scope = base.scope.with(form.as, { kind: 'value', what: 'loop', type: base.scope.host, at });
  const serial = readSerial(unit, [...path, 'serial'], form.serial);
  const maxFailures = readMaxFailures(unit, path, form);
  const one: Hosts = { set: [{ op: 'add', of: { expr: { cel: form.as, at } } }], single: true };
  const inside: StepPlace = { ...base, scope, on: one };
  if (hosts === undefined) return { place: inside };
  const loop: Loop = {
    over: 'hosts',
    on: hosts.set,
    as: form.as,
    ...(serial === undefined ? {} : { serial }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
  };
  return { place: inside, loop };
}

function outOfReach(id: string, names: ReadonlyMap<string, Known>, as: string): ReadonlyMap<string, Known> {
  return new Map(
    [...names].map(([name, { at }]) => [
      name,
      {
        kind: 'hidden',
        at,
        why: `${name} is inside the loop ${id}: there is one for each ${as}.`,
        mend: 'Read it inside the loop.',
      },
    ]),
  );
}
