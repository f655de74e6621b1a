import type { ASTNode } from '@marcbachmann/cel-js';
import { valueType } from './check-fields.ts';
import { join } from './check-join.ts';
import {
  BOOL,
  type CheckType,
  DYN,
  describe,
  holdsSecret,
  INT,
  listOf,
  NUMBER,
  STRING,
} from './check-types.ts';
import { SECRET_MEND, TEXT_MEND } from './mends.ts';
import { didYouMean } from './nearest-name.ts';
import { NO_EXPRESSION, RE2_MEND, regularExpression } from './regular-expressions.ts';

export type ArgumentProblem = { readonly argument: number; readonly message: string; readonly mend?: string };
type FunctionType = { readonly type: CheckType; readonly problems: readonly ArgumentProblem[] };

type Kind = CheckType['kind'];
type Parameter = 'any' | readonly Kind[];
type Signature = {
  readonly takes: readonly Parameter[];
  readonly gives: CheckType | ((types: readonly CheckType[], args: readonly ASTNode[]) => CheckType);
};

const TEXT: Parameter = ['string'];
const LIST: Parameter = ['list'];
const SCALAR_TEXT: Parameter = ['string', 'int', 'number', 'bool', 'version', 'host', 'null'];

const SIGNATURES: { readonly [name: string]: Signature } = {
  size: { takes: [['string', 'list', 'map']], gives: INT },
  contains: { takes: [TEXT, TEXT], gives: BOOL },
  startsWith: { takes: [TEXT, TEXT], gives: BOOL },
  endsWith: { takes: [TEXT, TEXT], gives: BOOL },
  lowerAscii: { takes: [TEXT], gives: STRING },
  upperAscii: { takes: [TEXT], gives: STRING },
  trim: { takes: [TEXT], gives: STRING },
  indexOf: { takes: [TEXT, TEXT], gives: INT },
  lastIndexOf: { takes: [TEXT, TEXT], gives: INT },
  substring: { takes: [TEXT, ['int'], ['int']], gives: STRING },
  replace: { takes: [TEXT, TEXT, TEXT], gives: STRING },
  matches: { takes: [TEXT, TEXT], gives: BOOL },
  split: { takes: [TEXT, TEXT], gives: listOf(STRING) },
  lines: { takes: [TEXT], gives: listOf(STRING) },
  join: { takes: [LIST, SCALAR_TEXT], gives: STRING },
  same: { takes: [LIST], gives: BOOL },
  distinct: { takes: [LIST], gives: ([list = DYN]) => list },
  slice: { takes: [LIST, ['int'], ['int']], gives: ([list = DYN]) => list },
  min: { takes: [], gives: extreme },
  max: { takes: [], gives: extreme },
  not: { takes: [['bool']], gives: BOOL },
  get: { takes: [['map', 'list', 'host', 'version']], gives: got },
  keys: { takes: [['map']], gives: listOf(STRING) },
  json: { takes: [TEXT], gives: DYN },
  to_json: { takes: ['any'], gives: STRING },
  base64: { takes: [TEXT], gives: STRING },
  hex: { takes: [['int']], gives: STRING },
  uint: { takes: [['string', 'int'], ['int']], gives: INT },
  version: { takes: [['string', 'version']], gives: { kind: 'version' } },
  duration: { takes: [TEXT], gives: INT },
  string: { takes: ['any'], gives: STRING },
  int: { takes: [['int', 'number', 'string']], gives: INT },
  double: { takes: [['int', 'number', 'string']], gives: NUMBER },
  bool: { takes: [['bool', 'string']], gives: BOOL },
  dyn: { takes: ['any'], gives: DYN },
};

/** These make a text of what stands in a list or a map, or compare it. */
const OF_ALL_IN_IT: ReadonlySet<string> = new Set(['to_json', 'string', 'join', 'same', 'distinct']);

/** What a function gives for arguments of these types, and which of them it can't take. */
export function functionType(
  name: string,
  types: readonly CheckType[],
  args: readonly ASTNode[],
): FunctionType {
  const signature = Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name] : undefined;
  if (signature === undefined) return { type: DYN, problems: [] };
  const problems: ArgumentProblem[] = [];
  types.forEach((type, argument) => {
    const problem = argumentProblem(name, signature.takes[argument] ?? 'any', type);
    if (problem !== undefined) problems.push({ argument, ...problem });
  });
  if (problems.length === 0) problems.push(...special(name, types, args));
  const gives = typeof signature.gives === 'function' ? signature.gives(types, args) : signature.gives;
  return { type: gives, problems };
}

function argumentProblem(
  name: string,
  takes: Parameter,
  type: CheckType,
): { message: string; mend?: string } | undefined {
  if (type.kind === 'dyn') return undefined;
  if (type.kind === 'map' && type.view === true && name !== 'get') {
    const fields = Object.keys(type.fields).slice(0, 12).join(', ');
    return {
      message: `${describe(type)} is not a value by itself.`,
      mend: `Name one of its fields: ${fields}.`,
    };
  }
  if (type.kind === 'secret' || (OF_ALL_IN_IT.has(name) && holdsSecret(type)))
    return { message: "A secret's text is not known here.", mend: SECRET_MEND };
  if (takes === 'any' || takes.includes(type.kind)) return undefined;
  const wanted = takes
    .slice(0, 4)
    .map((kind) => describe(kind === 'list' ? listOf(DYN) : ({ kind } as CheckType)));
  const mend =
    takes.length === 1 && takes[0] === 'string' && (type.kind === 'int' || type.kind === 'number')
      ? { mend: TEXT_MEND }
      : {};
  return { message: `${name} needs ${wanted.join(' or ')}, not ${describe(type)}.`, ...mend };
}

function special(
  name: string,
  types: readonly CheckType[],
  args: readonly ASTNode[],
): readonly ArgumentProblem[] {
  const [first = DYN] = types;
  if (
    (name === 'min' || name === 'max') &&
    types.length === 1 &&
    first.kind !== 'list' &&
    first.kind !== 'dyn'
  ) {
    return [{ argument: 0, message: `${name} needs a list, or several values, not ${describe(first)}.` }];
  }
  if (name === 'min' || name === 'max') {
    const elements = types.length === 1 && first.kind === 'list' ? [first.of] : types;
    const argument = elements.findIndex(
      (type) => ['list', 'map', 'host', 'null', 'secret'].includes(type.kind) && types.length !== 1,
    );
    const bad =
      types.length === 1
        ? elements.find((type) => ['list', 'map', 'host', 'secret'].includes(type.kind))
        : elements[argument];
    return bad === undefined
      ? []
      : [{ argument: Math.max(0, argument), message: `${name} can't order ${describe(bad)}.` }];
  }
  if (name === 'join' && first.kind === 'list' && (first.of.kind === 'list' || first.of.kind === 'map')) {
    return [
      {
        argument: 0,
        message: `join needs texts, not ${describe(first.of)}.`,
        mend: 'Map its elements to texts first: map(x, …).',
      },
    ];
  }
  const pattern = name === 'matches' ? literalText(args[1]) : undefined;
  if (pattern !== undefined && regularExpression(pattern) === undefined)
    return [{ argument: 1, message: NO_EXPRESSION, mend: RE2_MEND }];
  const key = literalText(args[1]);
  if (
    name === 'get' &&
    key !== undefined &&
    first.kind === 'map' &&
    !first.open &&
    !Object.hasOwn(first.fields, key)
  ) {
    const mend = didYouMean(key, Object.keys(first.fields));
    return [
      {
        argument: 1,
        message: `${describe(first)} never has a field ${key}.`,
        ...(mend === undefined ? {} : { mend }),
      },
    ];
  }
  return [];
}

function extreme(types: readonly CheckType[]): CheckType {
  const [first = DYN] = types;
  if (types.length > 1) return types.reduce(join);
  return first.kind === 'list' ? first.of : DYN;
}

function got(types: readonly CheckType[], args: readonly ASTNode[]): CheckType {
  const [first = DYN, , fallback] = types;
  const key = literalText(args[1]);
  const found = elementOf(first, key);
  return fallback === undefined ? found : join(found, fallback);
}

function elementOf(type: CheckType, key: string | undefined): CheckType {
  if (type.kind === 'list') return type.of;
  if (type.kind !== 'map' || type.open) return DYN;
  if (key !== undefined) return (Object.hasOwn(type.fields, key) ? type.fields[key] : undefined) ?? DYN;
  return valueType(type);
}

function literalText(node: ASTNode | undefined): string | undefined {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}
