import { isList, isMap, type Value } from './values.ts';

/** JSON text as a value, every integer exact whatever its size. Undefined where it is no JSON. */
export function parseExactJson(text: string): Value | undefined {
  try {
    return JSON.parse(text, exactInteger) as Value;
  } catch {
    return undefined;
  }
}

/**
 * The third argument is the number's own text: the proposal "JSON.parse source text access", in V8 since 11.4
 * (Node 21). Its types are not in TypeScript's library yet.
 */
function exactInteger(
  ...[, value, context]: readonly [key: string, value: unknown, context?: { source?: string }]
): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** JSON text with exact integers. A host is its name, a version its text. Undefined for what no JSON can hold. */
export function writeExactJson(value: Value): string | undefined {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'string':
      return JSON.stringify(value);
    default:
  }
  if (isList(value)) return joined('[', value.map(writeExactJson), ']');
  if (isMap(value)) return joined('{', Object.entries(value).map(writeEntry), '}');
  switch (value.kind) {
    case 'host':
      return JSON.stringify(value.name);
    case 'version':
      return JSON.stringify(value.text);
    case 'secret':
    case 'view':
      return undefined;
  }
}

function writeEntry([key, item]: readonly [string, Value]): string | undefined {
  const written = writeExactJson(item);
  return written === undefined ? undefined : `${JSON.stringify(key)}:${written}`;
}

function joined(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(',')}${close}`;
}
