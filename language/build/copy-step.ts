import { type CheckFields, INT, STRING } from '../../plan/expressions/check-types.ts';
import type { CopySource, CopyStep } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import type { CopyForm } from '../schema/copy.ts';
import { readBecome } from './become.ts';
import { type Built, ownKnown } from './built.ts';
import { readChecks, readCommon, withWhen } from './common.ts';
import { readOn, readOnHosts } from './host-step.ts';
import { readHosts } from './hosts.ts';
import { pinFiles } from './pinned-files.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

/** What a copy says of itself. */
const OUTPUTS: CopyStep['outputs'] = {
  sha256: { type: { kind: 'string' } },
  bytes: { type: { kind: 'int' } },
  files: { type: { kind: 'int' } },
};
const FIELDS: CheckFields = { sha256: STRING, bytes: INT, files: INT };

export function buildCopy(unit: UnitContext, place: StepPlace, id: string, form: CopyForm): Built {
  const { source, complaints, expressions } = unit;
  const { path } = place;
  const { copy } = form;
  const common = readCommon(unit, place, id, form, true);
  const on = readOn(unit, place, form, true);
  const inside = viewFrom(place, true, { conditions: withWhen(place, form) });
  const known = ownKnown(unit, place, form, FIELDS, on?.single === true);
  const after = { ...inside, scope: place.scope.with(id, known), own: id };
  const become = readBecome(unit, [...path, 'become'], form.become, inside, place.become);
  const from = readFrom(unit, place, copy.from, viewFrom(place, false));
  const text = (key: 'to' | 'owner', value: string) =>
    expressions.template({ source, path: [...path, 'copy', key] }, value, inside)?.template;
  const to = text('to', copy.to);
  const owner = copy.owner === undefined ? undefined : text('owner', copy.owner);
  if (form.effect === 'read')
    complaints.error(source.at([...path, 'effect']), {
      code: 'copy/effect',
      message: 'A copy writes: it is never a read.',
      mend: 'Remove effect.',
    });
  const hosts = readOnHosts(unit, place, form, { retry: inside, rollback: after }, place.env);
  const check = readChecks(unit, [...path, 'check'], form.check, after);
  if (from === undefined || to === undefined || on === undefined) return { known };
  const step: CopyStep = {
    kind: 'copy',
    ...common,
    check,
    on: on.set,
    ...hosts,
    // The same files written again are the same files.
    idempotent: true,
    onUnknown: form.on_unknown ?? 'retry',
    env: {},
    outputs: OUTPUTS,
    from,
    to,
    ...(copy.mode === undefined ? {} : { mode: copy.mode }),
    ...(owner === undefined ? {} : { owner }),
    ...(become === undefined ? {} : { become }),
  };
  return { step, known };
}

function readFrom(
  unit: UnitContext,
  place: StepPlace,
  form: CopyForm['copy']['from'],
  view: Viewpoint,
): CopySource | undefined {
  const path = [...place.path, 'copy', 'from'];
  if (typeof form === 'string') return pinFiles(unit, path, form);
  const { source, complaints, expressions } = unit;
  const host = readHosts(unit, [...path, 'host'], form.host, view);
  const there = expressions.template({ source, path: [...path, 'path'] }, form.path, view);
  const become = readBecome(unit, [...path, 'become'], form.become, view, undefined);
  if (host === undefined || there === undefined) return undefined;
  if (!host.single && unit.inventory !== undefined) {
    complaints.error(source.at([...path, 'host']), {
      code: 'copy/several-hosts',
      message: 'A copy comes from one host, and this could be several.',
      mend: 'Pick one: members[0], or a name that is one host.',
    });
    return undefined;
  }
  return {
    kind: 'host',
    host: host.set,
    path: there.template,
    ...(become === undefined ? {} : { become }),
  };
}
