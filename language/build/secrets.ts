import { type CheckFields, mapOf } from '../../plan/expressions/check-types.ts';
import type { SecretReference } from '../../plan/plan.ts';
import { REFERENCE_FORMS, readReference } from '../../plan/secrets.ts';
import type { Known } from '../check/scope.ts';
import type { UnitContext } from './unit-context.ts';

/** Where each secret of a runbook is found. What stands there and is no reference is not repeated: it may be the secret. */
export function readSecrets(unit: UnitContext): { readonly [name: string]: SecretReference } {
  const found: { [name: string]: SecretReference } = {};
  for (const { name, text, source, path } of unit.runbook.secrets) {
    const read = readReference(text);
    if (read.ok && read.from !== 'sealed') {
      found[name] = text;
      continue;
    }
    unit.complaints.error(source.at(path), {
      code: 'secret/reference',
      message: read.ok ? 'Only a run makes sealed references.' : read.message,
      mend: `Write ${name}: ${REFERENCE_FORMS.join(`, or ${name}: `)}. If the secret itself stood here, change it: it is in this file's history.`,
    });
    found[name] = '';
  }
  return found;
}

/** What `secrets` is in expressions, where some are declared. */
export function knownSecrets(unit: UnitContext, names: readonly string[]): Known | undefined {
  if (names.length === 0) return undefined;
  const fields: CheckFields = Object.fromEntries(names.map((name) => [name, { kind: 'secret' }]));
  const at = unit.source.at(['secrets']);
  return { kind: 'value', what: 'secrets', type: { ...mapOf(fields), title: 'secrets', view: true }, at };
}

/** A secret that nothing uses is one that somebody looks after for nothing. */
export function warnOfUnusedSecrets(unit: UnitContext): void {
  for (const { name, source, path } of unit.runbook.secrets)
    if (source === unit.source && !unit.expressions.used.has(`secrets.${name}`))
      unit.complaints.warning(source.keyAt(path), {
        code: 'secret/unused',
        message: `Nothing uses the secret ${name}.`,
        mend: 'Remove it, or use it.',
      });
}
