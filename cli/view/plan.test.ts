import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import type { PlanStepView, PlanView } from '../../server/api/plans.ts';
import { planPage } from './plan.ts';

const look = { paint: picocolors.createColors(false), columns: 100 };

function step(path: string, more: Partial<PlanStepView>): PlanStepView {
  const at = { file: 'a.yaml', line: 1, column: 1 };
  return { path, depth: 0, kind: 'run', title: path, on_failure: 'hold', at, ...more };
}

function page(
  steps: readonly PlanStepView[],
  gates: PlanView['gates'] = [],
  more: Partial<PlanView> = {},
): string {
  const plan: PlanView = {
    digest: 'd',
    runbook: 'main',
    summary: '',
    inputs: {},
    on_failure: 'hold',
    hosts: [],
    locks: [],
    steps: [...steps],
    gates,
    probes: [],
    asked: false,
    warnings: [],
    ...more,
  };
  return planPage(plan, look);
}

test('a plan names what nothing brings back, and only that', () => {
  const wipe = step('wipe', { effect: 'destroy', hosts: ['h1', 'h2'] });
  const move = step('move', { effect: 'destroy', hosts: ['h1'], rollback: true });
  expect(page([wipe, move])).toMatch(/Can't be undone\n {2}! wipe {2}h1 h2\n\n/);
  expect(page([move])).not.toContain("Can't be undone");
});

test('a plan says what is done by hand, how long it waits, as whom it runs, and how many may fail', () => {
  const text = page(
    [
      step('cable', { kind: 'manual' }),
      step('soak', { kind: 'wait', waits_ms: 600_000 }),
      step('up', { kind: 'wait', effect: 'read', hosts: ['h1'], waits_ms: 60_000 }),
      step('put', { effect: 'change', hosts: ['h1'], serial: '25%', max_failures: '1', become: 'root' }),
    ],
    [{ path: 'cable', ask: 'Plug it in.', by: [], count: 1, expires_ms: 86_400_000, manual: true }],
  );
  expect(text).toMatch(/\? cable +manual/);
  expect(text).toMatch(/soak +wait +for 10 min/);
  expect(text).toMatch(/up +wait +h1 +at most 1 min/);
  expect(text).toContain('as root; 25% at a time; 1 may fail');
  expect(text).toContain('cable waits for somebody to confirm that it is done');
});

const host = (name: string) => ({ name, address: name, port: 22, user: 'ada', zone: 'default' });
const asked = { asked: true, hosts: ['h1', 'h2'].map(host) };

test('hosts have a column each: what is done, what would change, where it would stop, and what only the run will know', () => {
  const text = page(
    [
      step('look', {
        effect: 'read',
        hosts: ['h1', 'h2'],
        expects: [{ what: 'answers', hosts: ['h1', 'h2'] }],
      }),
      step('put', {
        effect: 'change',
        hosts: ['h1', 'h2'],
        expects: [
          { what: 'done', hosts: ['h1'] },
          { what: 'would_change', hosts: ['h2'], says: 'not done yet: no file' },
        ],
      }),
      step('see', {
        effect: 'read',
        hosts: ['h1', 'h2'],
        expects: [
          { what: 'unknown', hosts: ['h1'], says: 'it looks at what put will have done' },
          { what: 'would_stop', hosts: ['h2'], says: 'not met: room (free = 1)' },
        ],
      }),
    ],
    [],
    asked,
  );
  expect(text).toMatch(/h1 h2\n/);
  expect(text).toMatch(/look +read +✓ {2}✓/);
  expect(text).toMatch(/put +change +={1} {2}~\n +~ h2 {2}not done yet: no file/);
  expect(text).toMatch(/see +read +… {2}✗/);
  expect(text).toMatch(/Only the run will know\n {2}… it looks at what put will have done: see/);
  expect(text).toMatch(/would stop\n {2}✗ see on h2\n {6}not met: room \(free = 1\)/);
  expect(text).toContain('Now: it would stop at see; 1 step would change something on 1 host.');
});

test('where the run finds the hosts a sign stands in their place, and who decides in the text', () => {
  const from = 'decided by step choose, among h1, h2';
  const text = page(
    [
      step('put', { effect: 'change', hosts_from: from, title: 'Put it there' }),
      step('wipe', { effect: 'read', hosts_from: 'members:!gone' }),
    ],
    [],
    asked,
  );
  expect(text).toMatch(/put +change +… +Put it there; hosts decided by step choose, among h1, h2\n/);
  expect(text).toMatch(/wipe +read +… +on members:!gone\n/);
});

test('a host that did not answer is said once, and an estimate says what it is made of', () => {
  const probe = { host: 'h2', of: 'read', outcome: 'unreachable', says: 'connection refused' } as const;
  const silent = { what: 'unknown' as const, hosts: ['h2'], says: 'connection refused' };
  const text = page(
    ['one', 'two'].map((path) => step(path, { effect: 'read', hosts: ['h2'], expects: [silent] })),
    [],
    {
      ...asked,
      probes: [{ path: 'one', ...probe }],
      estimate: { runs: 3, median_ms: 65_000, shortest_ms: 20_000, longest_ms: 130_000 },
    },
  );
  expect(text.match(/connection refused/g)).toHaveLength(1);
  expect(text).toContain('about 1 min 05 s by 3 earlier runs (20 s to 2 min 10 s)');
});

test('what another choice took stands beside it, for who chooses', () => {
  const took = (median_ms: number) => ({ runs: 1, median_ms, shortest_ms: median_ms, longest_ms: median_ms });
  const inputs = { strategy: 'grow' };
  const otherwise = [{ input: 'strategy', value: 'snapshot', estimate: took(9_000) }];
  const both = page([step('one', {})], [], { inputs, estimate: took(32_000), otherwise });
  expect(both).toMatch(
    /about 32 s, as the one earlier run; .*\n.* with strategy=snapshot about 9 s, as the one/,
  );
  expect(page([step('one', {})], [], { inputs, otherwise })).toContain(
    'no earlier run of it with strategy=grow has',
  );
});

test('what is different from another plan stands step by step, scripts line by line', () => {
  const none = {
    inputs: [],
    hosts: [],
    locks: { added: [], removed: [] },
    others: [],
    sources: [],
    moved: [],
  };
  const text = page([step('put', { effect: 'change' })], [], {
    diff: {
      against: { digest: 'abcdef0123456789', runbook: 'main', run: 'r-1' },
      same: false,
      ...none,
      inputs: [{ name: 'word', before: 'a', after: 'b' }],
      steps: [
        {
          path: 'put',
          what: 'changed',
          effect: 'change',
          fields: [{ field: 'on_failure', before: 'hold', after: 'fail' }],
          texts: [{ name: 'run', before: 'echo a\n', after: 'echo b\n' }],
        },
      ],
    },
  });
  expect(text).toContain('Different from abcdef012345…, which r-1 follows');
  expect(text).toContain('± input word: a → b');
  expect(text).toMatch(/± put {2}change\n +± on failure: hold → fail\n +± run\n +- echo a\n +\+ echo b/);
});
