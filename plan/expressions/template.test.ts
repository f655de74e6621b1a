import { describe, expect, test } from 'vitest';
import { hostName } from '../ids.ts';
import { parseTemplate, renderTemplate, renderText, renderTree } from './template.ts';
import { fillSecrets, secretsIn } from './text.ts';
import { hostValue, SecretRef, type Value, type ValueMap, View } from './values.ts';

const names: ValueMap = {
  n: 3n,
  list: ['a', 1n],
  host: hostValue(hostName('etcd00'), {}),
  nul: 'a\0b',
  secrets: new View(
    'secrets',
    (name) => new SecretRef(name),
    () => [],
  ),
};
const scope = (name: string): Value | undefined => names[name];

function render(text: string): Value {
  const parsed = parseTemplate(text);
  if (!parsed.ok) throw new Error(parsed.message);
  const result = renderTemplate(parsed.template, scope);
  return result.ok ? result.value : `failed: ${result.message}`;
}

describe('a template', () => {
  test.each<[string, Value]>([
    [`\${{ n }}`, 3n],
    [`n is \${{ n }}.`, 'n is 3.'],
    [`\${{ list }} on \${{ host }}`, '["a",1] on etcd00'],
    ['', ''],
    ['plain', 'plain'],
    [`\${{ "}}" + {"a": {"b": "c"}}.a.b }}!`, '}}c!'],
    [`\${{ '''it's }}''' + '\\'}}' }}!`, "it's }}'}}!"],
    [`$\${{ n }}`, `\${{ n }}`],
    [`$\${{ n }} \${{ n }}`, `\${{ n }} 3`],
  ])('%s', (text, expected) => expect(render(text)).toEqual(expected));

  test('that is not closed says where it opens', () => {
    expect(parseTemplate(`ab \${{ "}}"`)).toMatchObject({ ok: false, offset: 3, mend: 'Close it with }}.' });
  });

  test('names all problems, at their places in the whole text', () => {
    const parsed = parseTemplate(`a \${{ n + }} \${{}} \${{ f(n) }}`);
    expect(!parsed.ok && parsed.problems.map(({ offset }) => offset)).toEqual([9, 16, 23]);
  });

  test('knows where its expressions stand', () => {
    const parsed = parseTemplate(`ab \${{  n }} \${{host.name}}`);
    expect(
      parsed.ok && parsed.holes.map(({ offset, expression }) => [offset, expression.identifiers[0]?.name]),
    ).toEqual([
      [8, 'n'],
      [16, 'host'],
    ]);
  });
});

test('a secret is a marker until the worker fills it, and no output can forge one', () => {
  const parsed = parseTemplate(`Bearer \${{ secrets.TOKEN }}`);
  if (!parsed.ok) throw new Error(parsed.message);
  const rendered = renderText(parsed.template, scope);
  if (!rendered.ok) throw new Error(rendered.message);
  expect(secretsIn(rendered.value)).toEqual(['TOKEN']);
  expect(fillSecrets(rendered.value, (name) => `<${name}>`)).toBe('Bearer <TOKEN>');
  expect(render(`x \${{ nul }}`)).toContain('NUL');
});

test('a secret goes nowhere but straight into a template', () => {
  for (const text of [
    '"Bearer " + secrets.T',
    'string(secrets.T)',
    'base64(secrets.T)',
    '[secrets.T].join()',
    'secrets.T == "x"',
  ]) {
    expect(render(`a \${{ ${text} }}`)).toMatch(/^failed: .*secret/);
  }
});

test('a tree keeps the types of its lone expressions', () => {
  const tree = {
    object: {
      a: { template: [{ cel: 'n' }] },
      b: { list: [{ literal: 1 }, { template: ['n=', { cel: 'n' }] }] },
    },
  };
  expect(renderTree(tree, scope)).toEqual({ ok: true, value: { a: 3n, b: [1n, 'n=3'] } });
});
