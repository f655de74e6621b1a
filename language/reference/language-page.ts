import { KINDS } from '../schema/kinds.ts';
import { commonKeys } from '../schema/step.ts';
import { MADE } from './complaint-pages.ts';
import { type JsonSchema, propertiesOf, runbookJsonSchema } from './json-schema.ts';
import { WORDS } from './words.ts';

/** The reference of the language: every key of every form, with what it takes. Made of the forms themselves. */
export function languagePage(): string {
  const schema = runbookJsonSchema();
  const defs = schema.$defs as { readonly [form: string]: JsonSchema };
  const common = new Set(Object.keys(commonKeys));
  const kinds = Object.keys(KINDS).map((kind) => {
    const title = kind === 'check' ? 'check alone' : kind === 'steps' ? 'steps (a group)' : kind;
    return `### ${title}\n${about(kind)}\n${tableOf(defs[kind], (key) => key === kind || !common.has(key))}${inner(kind, defs[kind])}`;
  });
  return `${MADE}# Reference of the language

Every key, with what it takes. [language.md](../language.md) explains them with examples, [complaints](../complaints/README.md) what is said where something is
wrong. An editor knows the same from the schema that \`holdfast schema\` prints.

## A runbook
${tableOf(defs.runbook)}
## A fragment
${about('fragment')}
${tableOf(defs.fragment)}
## An input
${about('inputs')}
${tableOf(valuesOf(propertiesOf(defs.runbook ?? {}).inputs))}
## Steps
Exactly one key says what a step does. Every step has these:

${tableOf(defs.run, (key) => common.has(key))}
${kinds.join('\n')}`;
}

function about(form: string): string {
  return `${WORDS[form]?.about ?? ''}\n`;
}

/** Mappings inside of a form: a heading for each. */
function inner(kind: string, schema: JsonSchema | undefined): string {
  return Object.entries(propertiesOf(schema ?? {}))
    .filter(([key]) => ['retry', 'done', 'become', 'rollback', 'outputs', kind].includes(key))
    .flatMap(([key, property]) => {
      const mapping = key === 'outputs' ? valuesOf(property) : mappingOf(property);
      const rows = mapping === undefined ? '' : tableOf(mapping);
      return rows === '' ? [] : [`\nUnder \`${key}\`:\n\n${rows}`];
    })
    .join('');
}

function tableOf(schema: JsonSchema | undefined, wanted: (key: string) => boolean = () => true): string {
  const mapping = schema === undefined ? undefined : mappingOf(schema);
  const needed = new Set(Array.isArray(mapping?.required) ? mapping.required : []);
  const rows = Object.entries(propertiesOf(mapping ?? {}))
    .filter(([key]) => wanted(key))
    .map(
      ([key, property]) =>
        `| \`${key}\`${needed.has(key) ? ' (needed)' : ''} | ${takes(property)} | ${String(property.description ?? '').replaceAll('|', '\\|')} |`,
    );
  return rows.length === 0 ? '' : `| key | takes | is |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The mapping with named keys that a value is, or may be. */
function mappingOf(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties !== undefined) return schema;
  const branches = Array.isArray(schema.anyOf) ? (schema.anyOf as readonly JsonSchema[]) : [];
  return branches.find((branch) => branch.properties !== undefined);
}

function valuesOf(schema: JsonSchema | undefined): JsonSchema | undefined {
  return schema?.additionalProperties as JsonSchema | undefined;
}

/** What a value may be, in words. */
function takes(schema: JsonSchema): string {
  if (schema.$ref === '#/$defs/type') return 'a type';
  if (schema.$ref === '#/$defs/step') return 'a step';
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => `\`${each}\``).join(', ');
  if (Array.isArray(schema.anyOf) && schema.properties === undefined)
    return [...new Set((schema.anyOf as readonly JsonSchema[]).map(takes))].join(', or ');
  if (Array.isArray(schema.type)) return schema.type.includes('boolean') ? 'a text' : 'a text or a number';
  switch (schema.type) {
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'array':
      return `a list of ${takes((schema.items ?? {}) as JsonSchema).replace(/^an? /, '')}`;
    case 'object':
      return 'a mapping';
    case 'string':
      return String(schema.pattern ?? '').includes('ms|s|m|h|d') ? 'a duration' : 'a name';
    default:
      return 'any value';
  }
}

function bounds({ minimum, maximum }: JsonSchema): string {
  return minimum === undefined ? '' : ` from ${minimum} to ${maximum}`;
}
