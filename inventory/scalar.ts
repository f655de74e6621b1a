import type { Json } from '../plan/json.ts';

/** A number that is written as it prints: reading it as one loses nothing. */
const PLAIN_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const TRUE = /^(yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(~|null|Null|NULL|)$/;

/**
 * An unquoted value as YAML 1.1 has it, which is what Ansible reads: `yes` and `off` are truth values. What would not survive
 * being read as a number (3.10, 0644, 1e3, more digits than fit) stays a text.
 */
export function yamlScalar(text: string): Json {
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (NULL.test(text)) return null;
  return plainNumber(text) ?? text;
}

/** The number that a text is, where it prints as the same text. */
export function plainNumber(text: string): number | undefined {
  if (!PLAIN_NUMBER.test(text)) return undefined;
  const number = Number(text);
  const exact = text.includes('.') || Number.isSafeInteger(number);
  return exact && String(number) === text ? number : undefined;
}
