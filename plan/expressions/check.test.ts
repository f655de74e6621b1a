import { describe, expect, test } from 'vitest';
import { checkExpression } from './check.ts';
import { checkTemplate } from './check-template.ts';
import {
  type CheckFields,
  type CheckType,
  checkTypeOf,
  DYN,
  hostType,
  listOf,
  mapOf,
  stepType,
} from './check-types.ts';
import { parseType } from './type-text.ts';

const host = hostType({ peer: { kind: 'string' }, client: { kind: 'string' } }, false);
const outputs: CheckFields = {
  serves: { kind: 'bool' },
  alarms: { kind: 'string' },
  revision: { kind: 'int' },
};
const scope: CheckFields = {
  members: listOf(host),
  gone: listOf(host),
  joiner: host,
  look: stepType({ id: 'look', outputs, single: false, perHost: true, host }),
  here: stepType({ id: 'here', outputs, single: true, perHost: true, host }),
  judge: stepType({ id: 'judge', outputs: { choice: { kind: 'string' } }, single: true, perHost: false }),
  n: { kind: 'int' },
  free: { kind: 'number' },
  name: { kind: 'string' },
  any: DYN,
  v: { kind: 'version' },
  json: DYN,
  mine: checked('list<{ id: string, peerURLs: list<string> }>'),
};

function checked(text: string): CheckType {
  const parsed = parseType(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return checkTypeOf(parsed.type, host);
}

function check(source: string) {
  return checkExpression(
    source,
    (asked) => (Object.hasOwn(scope, asked) ? scope[asked] : undefined),
    Object.keys(scope),
  );
}

describe('nothing is said about', () => {
  test.each([
    'size(members) % 2 == 1',
    'members.map(m, m.name + "=" + m.peer).join(",")',
    'look.rows.max_by(r, r.revision).host.name == name',
    'size(look.rows) < n - size(gone) && look.rows.count(r, r.serves) == 0',
    'look.rows.exists(r, r.alarms.contains("NOSPACE"))',
    'max(look.each.revision) - min(look.each.revision) < 5',
    'not(same(look.each.alarms))',
    'here.revision > 2.5 && here.serves',
    'json.members.exists(m, m.name == joiner.name && m.peerURLs == [joiner.peer])',
    '{"a": "x", "b": "y"}.get(judge.choice, "")',
    'mine[0].peerURLs == [joiner.peer]',
    'joiner in members && joiner != members[0] && joiner == "etcd00"',
    'v >= "3.4" && v.major == 3',
    'any.what.ever[3].foo(1) == null || any + 1 > n',
    'look.results.count(r, r.outcome == "failed")',
    'n == null',
    'has(look.revision)',
    'look.get("revision", 5)',
    '[1, "a", null].map(x, x)',
    'n > 1 ? "a" : 2',
    'members + [joiner]',
  ])('%s', (source) => {
    const { problems } = check(source);
    expect(problems.filter(({ message }) => !message.includes('no function foo'))).toEqual([]);
  });
});

describe('a mistake is found where it stands', () => {
  test.each([
    ['membrs.size() > 1', 0, 'There is no name membrs here.', 'Did you mean members?'],
    ['joiner.per', 7, 'A host has no field per.', 'Did you mean peer?'],
    [
      'look.revision > 3',
      5,
      'look.revision could be that of several hosts.',
      expect.stringContaining('look.rows'),
    ],
    [
      'look.rows.max_by(r, r.revison)',
      22,
      'A row of step look has no field revison.',
      'Did you mean revision?',
    ],
    ['look.each.revison', 10, 'Each of step look has no field revison.', 'Did you mean revision?'],
    ['members.peer', 8, 'A list has no fields, so no peer.', expect.stringContaining('map(x, x.peer)')],
    ['n + name', 0, '+ does not work on an int and a string.', 'Make it a text: string(…).'],
    ['n && true', 0, '&& needs true or false, not an int.', undefined],
    [
      'name == 3',
      0,
      'a string and an int are never equal, so this is always false.',
      'Read the text as a number: int(…).',
    ],
    ['name in members[0]', 0, 'in looks into a list or a map, not into a host.', undefined],
    ['name < 3', 0, "< can't order a string and an int.", 'Read the text as a number: int(…).'],
    ['v > "x"', 0, '"x" is no version such as 3.5.16.', undefined],
    ['n.contains("a")', 0, 'contains needs a string, not an int.', 'Make it a text: string(…).'],
    ['size(n)', 5, 'size needs a string or a list or a map, not an int.', undefined],
    ['look.exists(r, r.serves)', 0, 'exists goes over a list, not over step look.', 'Take its rows: .rows.'],
    ['members.filter(m, m.name)', 18, 'filter needs true or false, not a string.', 'Compare it: … == "yes".'],
    ['look == 3', 0, 'step look is not a value by itself.', expect.stringContaining('rows')],
    ['mine[0].ids', 8, 'A map has no field ids.', 'Did you mean id?'],
    ['n.sise()', 2, 'There is no function sise.', 'Did you mean size?'],
    ['not(n)', 4, 'not needs a bool, not an int.', undefined],
  ])('%s', (source, offset, message, mend) => {
    const [problem, ...more] = check(source).problems;
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ offset, message });
    expect(problem?.mend).toEqual(mend);
  });
});

test('all problems of an expression are found at once', () => {
  expect(check('membrs == 1 && joiner.per == "x" && n').problems).toHaveLength(3);
});

test.each<[string, CheckType]>([
  ['members', listOf(host)],
  ['members[0].name', { kind: 'string' }],
  ['look.rows.map(r, r.revision + 0.5)', listOf({ kind: 'number' })],
  ['{"a": 1}', mapOf({ a: { kind: 'int' } })],
  ['judge.choice', { kind: 'string' }],
  ['any.x', DYN],
])('the type of %s is known', (source, type) => expect(check(source).type).toEqual(type));

describe('a template', () => {
  const env = (asked: string) => (Object.hasOwn(scope, asked) ? scope[asked] : undefined);
  test('is checked as a whole, with offsets in the whole text', () => {
    expect(checkTemplate(`a \${{ membrs }} b \${{ look }}`, env, Object.keys(scope)).problems).toMatchObject([
      { offset: 6, length: 6, mend: 'Did you mean members?' },
      { offset: 22, message: 'step look has no text.' },
    ]);
  });
  test('of one lone expression has its type', () => {
    expect(checkTemplate(`\${{ members }}`, env).type).toEqual(listOf(host));
    expect(checkTemplate(`\${{ n }}!`, env).type).toEqual({ kind: 'string' });
  });
});
