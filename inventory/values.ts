import type { Complaint, Complaints } from '../plan/complaints.ts';
import { encode } from '../plan/expressions/encoding.ts';
import { plainJson } from '../plan/expressions/plain-json.ts';
import type { Json, JsonObject } from '../plan/json.ts';
import type { RawHost, RawVariable, RawVariables } from './raw.ts';

/** Variables that hosts have in Ansible and not here, by name: what is said of an expression that uses one. */
export type Unread = Map<string, Complaint>;

/** The text of the first of these variables that is there. Anything but a text of one line is complained of. */
export function textOf(
  vars: RawVariables,
  names: readonly string[],
  host: RawHost,
  complaints: Complaints,
): string | undefined {
  const name = names.find((each) => vars.has(each));
  const variable = name === undefined ? undefined : vars.get(name);
  if (name === undefined || variable === undefined) return undefined;
  const { value, at, encrypted } = variable;
  if (encrypted === true || hasJinja(value)) {
    complaints.error(at, {
      code: encrypted === true ? 'inventory/vault' : 'inventory/jinja',
      message: `${name} of ${host.name} ${encrypted === true ? 'is encrypted with Ansible Vault' : 'has {{ }} in it'}, which only Ansible can read.`,
      mend: 'Write the value itself.',
    });
    return undefined;
  }
  if (value === null) return undefined;
  if (typeof value === 'string' && value !== '' && !/[\0\r\n]/.test(value)) return value;
  if (typeof value === 'number') return String(value);
  complaints.error(at, {
    code: 'inventory/value',
    message: `${name} of ${host.name} has to be a text of one line.`,
    mend: 'Correct the value.',
  });
  return undefined;
}

/** What expressions may see. How to log in is not for them, and may be a password: it never gets into a plan. */
export function publicVariables(vars: RawVariables, unread: Unread): JsonObject {
  const shown: { [name: string]: Json } = {};
  for (const [name, variable] of [...vars].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (/^(ansible|holdfast)_/.test(name)) continue;
    const why = whyUnread(name, variable);
    if (why === undefined) shown[name] = encode(plainJson(variable.value));
    else if (!unread.has(name)) unread.set(name, why);
  }
  return shown;
}

function whyUnread(name: string, { value, at, encrypted }: RawVariable): Complaint | undefined {
  if (encrypted !== true && !hasJinja(value)) return undefined;
  const complaint = {
    ...at,
    severity: 'warning',
    code: encrypted === true ? 'inventory/vault' : 'inventory/jinja',
    message: `${name} ${encrypted === true ? 'is encrypted with Ansible Vault' : 'has {{ }} in it'}, which only Ansible can read: it is left out.`,
    mend:
      encrypted === true
        ? 'Give it to the runbook as a secret.'
        : 'Write the value itself, or give it by host_vars of the runbook.',
  } as const;
  return complaint;
}

/** Whether Ansible would render it: also where it stands inside of a list or a mapping. */
function hasJinja(value: Json): boolean {
  if (typeof value === 'string') return /\{\{|\{%|\{#/.test(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some((inner) => inner !== undefined && hasJinja(inner));
}
