import type { Ledger } from '../../ledger/ledger.ts';
import { type Converted, conform, convert } from '../../plan/expressions/conversion.ts';
import { encode, type HostFinder } from '../../plan/expressions/encoding.ts';
import { writeExactJson } from '../../plan/expressions/exact-json.ts';
import { toText } from '../../plan/expressions/text.ts';
import { typeText } from '../../plan/expressions/type-text.ts';
import { isList, isMap, SecretRef, type Value, withArticle } from '../../plan/expressions/values.ts';
import type { Json } from '../../plan/json.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { OutputSpec } from '../../plan/plan.ts';
import { sealsOutputs } from '../../plan/sensitive.ts';
import type { Type } from '../../plan/types.ts';
import type { Redaction, SecretsOfRun } from './context.ts';

/** An output larger than this stands in the store and travels by digest. Bytes of its encoded JSON. */
export const inlineBytes = 1024;

export type Parsed =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string> }
  /** `said`: what stands there instead. */
  | { readonly ok: false; readonly message: string; readonly said?: string };

/** Reads what a script wrote to `$OUTPUT`: `name=value` lines, and `name<<END` … `END` blocks. The last word for a name counts. */
export function parseOutput(text: string): Parsed {
  const values = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const found = /^([A-Za-z_][A-Za-z0-9_]*)(=|<<)(.*)$/s.exec(line);
    if (found === null) {
      return {
        ok: false,
        message: `line ${at + 1} of $OUTPUT is neither name=value nor name<<END`,
        said: line.slice(0, 80),
      };
    }
    const [, name = '', how, rest = ''] = found;
    if (how === '=') {
      values.set(name, rest);
      continue;
    }
    const mark = rest.trim();
    const end = lines.indexOf(mark, at + 1);
    if (mark === '' || end < 0) {
      return {
        ok: false,
        message: `line ${at + 1} of $OUTPUT opens a block for ${name} that no line ${mark === '' ? 'can end: a word after << is missing' : `${mark} ends`}`,
      };
    }
    values.set(name, lines.slice(at + 1, end).join('\n'));
    at = end;
  }
  return { ok: true, values };
}

export type Outputs =
  | { readonly ok: true; readonly values: ReadonlyMap<string, Value> }
  | { readonly ok: false; readonly message: string };

/** The declared outputs, each as its type wants it. One that is missing or doesn't fit is a sentence; where some are sealed, without values. */
export function declaredOutputs(
  specs: { readonly [name: string]: OutputSpec },
  given: ReadonlyMap<string, Json>,
  findHost: HostFinder,
): Outputs {
  return each(specs, given, 'was not written to $OUTPUT', (type, raw) => convert(type, raw, findHost));
}

/** The same for values that expressions gave. */
export function conformedOutputs(
  specs: { readonly [name: string]: OutputSpec },
  given: ReadonlyMap<string, Value>,
  findHost: HostFinder,
): Outputs {
  return each(specs, given, 'has no expression', (type, value) => conform(type, value, findHost));
}

function each<Given>(
  specs: { readonly [name: string]: OutputSpec },
  given: ReadonlyMap<string, Given>,
  absent: string,
  read: (type: Type, given: Given) => Converted,
): Outputs {
  const values = new Map<string, Value>();
  const quiet = sealsOutputs(specs);
  for (const [name, spec] of Object.entries(specs)) {
    const raw = given.get(name);
    if (raw === undefined) return { ok: false, message: `the output ${name} ${absent}` };
    const converted = read(spec.type, raw);
    if (!converted.ok && quiet)
      return { ok: false, message: `the output ${name} is not ${withArticle(typeText(spec.type))}` };
    if (!converted.ok) return { ok: false, message: `the output ${name}: ${converted.message}` };
    values.set(name, converted.value);
  }
  return { ok: true, values };
}

export type Keeping = {
  readonly ledger: Pick<Ledger, 'putBlob'>;
  readonly secrets: Pick<SecretsOfRun, 'seal' | 'masking'>;
  /** Bytes for all inline ones. */
  readonly budget: number;
};

/**
 * Outputs as a result carries them: small ones as they are, larger ones in the store, sensitive ones sealed there. What is sealed
 * stands in no other output either.
 */
export async function keepOutputs(
  values: ReadonlyMap<string, Value>,
  specs: { readonly [name: string]: OutputSpec },
  { ledger, secrets, budget }: Keeping,
): Promise<Pick<HostResult, 'outputs' | 'stored'>> {
  const outputs: Record<string, Json> = {};
  const stored: Record<string, { sha256: Awaited<ReturnType<Ledger['putBlob']>>; bytes: number }> = {};
  let left = budget;
  for (const [name, value] of values) {
    if (specs[name]?.sensitive !== true) continue;
    // Always inline: it is small, and a text in the store would be no reference any more.
    const reference = encode(new SecretRef(await secrets.seal(toText(value))));
    outputs[name] = reference;
    left -= sizeOf(name, reference);
  }
  const seals = Object.keys(outputs).length > 0;
  for (const [name, value] of values) {
    if (specs[name]?.sensitive === true) continue;
    const seen = seals ? masked(value, secrets.masking) : value;
    const encoded = encode(seen);
    const size = sizeOf(name, encoded);
    if (size <= inlineBytes && size <= left) {
      outputs[name] = encoded;
      left -= size;
      continue;
    }
    const text = writeExactJson(seen) ?? JSON.stringify(encoded);
    stored[name] = { sha256: await ledger.putBlob(text), bytes: Buffer.byteLength(text) };
  }
  return {
    ...(Object.keys(outputs).length > 0 ? { outputs } : {}),
    ...(Object.keys(stored).length > 0 ? { stored } : {}),
  };
}

function sizeOf(name: string, encoded: Json): number {
  return Buffer.byteLength(JSON.stringify(encoded)) + name.length + 4;
}

function masked(value: Value, redaction: Redaction): Value {
  if (typeof value === 'string') return redaction.text(value);
  if (isList(value)) return value.map((item) => masked(item, redaction));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redaction.text(key), masked(item, redaction)]),
  );
}
