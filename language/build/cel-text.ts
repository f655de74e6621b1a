import { isList, isMap, type Value } from '../../plan/expressions/values.ts';
import type { Template, TemplateTree } from '../../plan/plan.ts';

/** CEL's text of a value: hosts are their names, which the reader's type makes hosts again. */
export function celOfValue(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return celOfText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(celOfValue).join(', ')}]`;
  if (isMap(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${celOfText(key)}: ${celOfValue(item)}`);
    return `{${entries.join(', ')}}`;
  }
  switch (value.kind) {
    case 'host':
    case 'secret':
      return celOfText(value.name);
    case 'version':
      return `version(${celOfText(value.text)})`;
    case 'view':
      return 'null';
  }
}

/** JSON's escapes of a text are CEL's too. */
export function celOfText(text: string): string {
  return JSON.stringify(text);
}

/** A template as one expression: a lone expression is itself, everything else is joined to a text. */
export function celOfTemplate(template: Template): string {
  const [only] = template;
  if (template.length === 1 && only !== undefined)
    return typeof only === 'string' ? celOfText(only) : only.cel;
  return template
    .map((part) => (typeof part === 'string' ? celOfText(part) : `string(${part.cel})`))
    .join(' + ');
}

export function celOfTree(tree: TemplateTree): string {
  if ('template' in tree) return celOfTemplate(tree.template);
  if ('list' in tree) return `[${tree.list.map(celOfTree).join(', ')}]`;
  if ('object' in tree)
    return `{${Object.entries(tree.object)
      .map(([key, item]) => `${celOfText(key)}: ${celOfTree(item)}`)
      .join(', ')}}`;
  return tree.literal === null ? 'null' : JSON.stringify(tree.literal);
}
