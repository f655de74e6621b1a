import { describe, expect, test } from 'vitest';
import { HoldfastError } from '../errors.ts';
import { hostName } from '../ids.ts';
import { withAbsence } from './absence.ts';
import { evaluate } from './evaluate.ts';
import { hostValue, MISSING_VALUE, type Value, type ValueMap, View } from './values.ts';

const etcd00 = hostValue(hostName('etcd00'), { peer: 'http://127.0.0.1:2380' });
const etcd01 = hostValue(hostName('etcd01'), { peer: 'http://127.0.0.2:2380' });
const names: ValueMap = {
  n: 3n,
  text: 'a b',
  hosts: [etcd00, etcd01],
  host: hostValue(hostName('etcd01'), {}),
  rows: [
    { host: etcd00, revision: 7n },
    { host: etcd01, revision: 9n },
  ],
};

function value(source: string): Value {
  const result = evaluate(source, (name) => names[name]);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function problem(
  source: string,
  scope: ValueMap = names,
): { message: string; offset: number; mend?: string } {
  const result = evaluate(source, (name) => scope[name]);
  if (result.ok) throw new Error(`${source} has a value`);
  return result;
}

describe('numbers', () => {
  test.each([
    ['1 == 1.0', true],
    ['1 + 2.5', 3.5],
    ['7 / 2', 3n],
    ['7 / 2.0', 3.5],
    ['9007199254740993 > 9007199254740992.0', true],
    ['2 in [1, 2.0]', true],
    ['18446744073709551615 - 1', 18446744073709551614n],
    ['max([3, 4.5]) - min(1, 2)', 3.5],
  ])('%s', (source, expected) => expect(value(source)).toEqual(expected));

  test('do not leave 64 bits, and are not divided by zero', () => {
    expect(problem('18446744073709551615 + 1').message).toContain('64 bits');
    expect(problem('1 / 0').message).toBe('Division by zero.');
    expect(problem('1.5 / 0').message).toContain('division by zero');
  });
});

describe('functions', () => {
  test.each<[string, Value]>([
    ['rows.max_by(r, r.revision).host.name', 'etcd01'],
    ['rows.min_by(r, r.revision).host.name', 'etcd00'],
    ['rows.sort_by(r, -r.revision).map(r, r.revision)', [9n, 7n]],
    ['rows.count(r, r.revision > 7)', 1n],
    ['same(rows.map(r, r.revision))', false],
    ['same([])', true],
    ['distinct([1, 2, 1, 1.0, "1"])', [1n, 2n, 1, '1'].filter((_, i) => i !== 2)],
    ['["a", 1, true].join("-")', 'a-1-true'],
    ['"a,b".split(",")', ['a', 'b']],
    ['lines("a\\r\\nb\\n")', ['a', 'b']],
    ['not(n == 3)', false],
    ['{"a": "x"}.get("b", "y")', 'y'],
    ['json("{\\"id\\": 18446744073709551615}").id', 18446744073709551615n],
    ['to_json({"id": 18446744073709551615, "h": host})', '{"id":18446744073709551615,"h":"etcd01"}'],
    ['base64("hellö")', 'aGVsbMO2'],
    ['hex(uint("8e9e05c52164694d", 16))', '8e9e05c52164694d'],
    ['version("3.4.9") < version("3.4.10")', true],
    ['version("3.5.0-rc.1") < version("3.5.0")', true],
    ['version("3.5.1") >= "3.5"', true],
    ['string(n) + "!"', '3!'],
    ['int("42") + int(1.9)', 43n],
    ['size("äb") + size([1]) + size({"a": 1})', 4n],
    ['text.contains("a") && text.startsWith("a") && text.endsWith("b")', true],
    ['[1, 2].all(x, x > 0) && [1, 2].exists_one(x, x == 2)', true],
    ['[1, 2, 3].map(x, x > 1, x * 2)', [4n, 6n]],
    ['has(rows[0].revision) && !has(rows[0].nothing)', true],
  ])('%s', (source, expected) => expect(value(source)).toEqual(expected));
});

describe('hosts', () => {
  test('are equal by name, also in lists and to the name itself', () => {
    expect(value('host in hosts && host == hosts[1] && host == "etcd01" && hosts[-1] == host')).toBe(true);
  });
  test('have their variables as fields', () => {
    expect(value('hosts.map(m, m.name + "=" + m.peer).join(",")')).toBe(
      'etcd00=http://127.0.0.1:2380,etcd01=http://127.0.0.2:2380',
    );
    expect(problem('hosts[0].per')).toMatchObject({ mend: 'Did you mean peer?', offset: 0 });
  });
});

describe('failures', () => {
  test('an empty max_by says which rows are missing and why, also after a filter', () => {
    const rows = withAbsence([], 'etcd00: no copy; etcd01: unreachable');
    expect(problem('rows.filter(r, r.ok).max_by(r, r.revision).host', { rows }).message).toBe(
      'max_by has nothing to choose from: the list is empty. Missing: etcd00: no copy; etcd01: unreachable.',
    );
  });
  test('stand where the failing part stands', () => {
    expect(problem('n > 1 && text + 1 == "x"')).toMatchObject({
      offset: 9,
      length: 8,
      mend: 'Make it a text: string(…).',
    });
    expect(problem('n + nn')).toMatchObject({ offset: 4, message: 'There is no name nn here.' });
  });
  test('of one side do not matter where the other decides', () => {
    expect(value('1 / 0 == 1 || true')).toBe(true);
    expect(value('!(1 / 0 == 1 && false)')).toBe(true);
    expect(value('[0, 1].exists(x, 1 / x == 1)')).toBe(true);
  });
  test('a HoldfastError of the scope is the failure; get and has take a missing value as absent', () => {
    const look = new View(
      'step look',
      () => {
        throw new HoldfastError(MISSING_VALUE, 'look.x has no value on etcd00.', 'Give a default.');
      },
      () => ['x'],
    );
    expect(problem('look.x', { look })).toMatchObject({
      message: 'look.x has no value on etcd00.',
      mend: 'Give a default.',
    });
    expect(evaluate('look.get("x", 5)', () => look)).toEqual({ ok: true, value: 5n });
    expect(evaluate('has(look.x)', () => look)).toEqual({ ok: true, value: false });
  });
  test('an error that is none of ours passes through', () => {
    expect(() =>
      evaluate('x', () => {
        throw new RangeError('a bug');
      }),
    ).toThrow(RangeError);
  });
});

test('only names that are used are asked for, and those of a side that is not needed are not', () => {
  const asked: string[] = [];
  evaluate('a || b', (name) => {
    asked.push(name);
    return true;
  });
  expect(asked).toEqual(['a']);
});
