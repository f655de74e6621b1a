import { z } from 'zod';
import { KINDS } from '../schema/kinds.ts';
import { fragmentSchema, runbookSchema } from '../schema/runbook.ts';
import { WORDS, type Words } from './words.ts';

/** A JSON Schema, as plain data. */
export type JsonSchema = { [key: string]: unknown };

const TYPE_WORDS = [
  'string',
  'text',
  'int',
  'number',
  'bool',
  'choice',
  'duration',
  'size',
  'url',
  'host',
  'hosts',
  'secret',
  'any',
];

/** What a type may be: a word, a text such as list<string>, or a mapping of names to types. */
const TYPE: JsonSchema = {
  description: 'A type: a word, list<T>, { name: T } or choice(a, b).',
  anyOf: [
    { enum: TYPE_WORDS },
    { type: 'string', pattern: '^(list<.*>|\\{.*\\}|choice\\(.*\\))$' },
    { type: 'object', additionalProperties: { $ref: '#/$defs/type' } },
  ],
};

/**
 * The JSON Schema (draft 2020-12) of runbooks, and of files that they include, for editors: made of the forms that files are
 * read with, so that both know the same keys. What it can't say (names, types of expressions, hosts) only `validate` says.
 */
export function runbookJsonSchema(): JsonSchema {
  const kinds = Object.entries(KINDS).map(([kind, schema]): [string, JsonSchema] => [
    kind,
    stepSchema(kind, formSchema(schema, [kind, 'step'])),
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A Holdfast runbook',
    anyOf: [{ $ref: '#/$defs/runbook' }, { $ref: '#/$defs/fragment' }],
    $defs: {
      runbook: formSchema(runbookSchema, ['runbook']),
      fragment: formSchema(fragmentSchema, ['fragment', 'runbook']),
      step: {
        description: WORDS.step?.about ?? '',
        anyOf: kinds.map(([kind]) => ({ $ref: `#/$defs/${kind}` })),
      },
      type: TYPE,
      ...Object.fromEntries(kinds),
    },
  };
}

/** A form as JSON Schema. `forms` are where in `words` the words for its keys are looked for, in this order. */
export function formSchema(schema: z.ZodType, forms: readonly string[], words: Words = WORDS): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const editor = z.globalRegistry.get(zodSchema)?.editor;
      if (typeof editor !== 'object' || editor === null) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, editor);
    },
  }) as JsonSchema;
  Reflect.deleteProperty(made, '$schema');
  describe(made, forms, words);
  return made;
}

/** A set step needs one of two keys: the form leaves that to the reader, an editor has to be told. */
function stepSchema(kind: string, made: JsonSchema): JsonSchema {
  const about = WORDS[kind]?.about;
  const named = about === undefined ? made : { ...made, description: about };
  return kind === 'set' ? { ...named, anyOf: [{ required: ['set'] }, { required: ['choose'] }] } : named;
}

/** Puts the words for each key into it; keys of a mapping inside are looked for under its own key. */
function describe(schema: JsonSchema, forms: readonly string[], words: Words): void {
  for (const [key, inner] of Object.entries(propertiesOf(schema))) {
    const found = wordsFor(forms, key, words);
    if (found !== undefined) inner.description = found;
    for (const each of alternatives(inner)) describe(each, [`${forms[0]}.${key}`, key], words);
    const values = inner.additionalProperties;
    if (isSchema(values))
      for (const each of alternatives(values)) describe(each, [`${forms[0]}.${key}`, key], words);
  }
}

function wordsFor(forms: readonly string[], key: string, words: Words): string | undefined {
  for (const form of forms) {
    const found = words[form]?.keys[key];
    if (found !== undefined) return found;
  }
  return undefined;
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isSchema) : [];
  return [schema, ...branches];
}

export function propertiesOf(schema: JsonSchema): { readonly [key: string]: JsonSchema } {
  const { properties } = schema;
  return isSchema(properties) ? (properties as { [key: string]: JsonSchema }) : {};
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
