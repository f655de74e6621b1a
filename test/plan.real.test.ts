import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EntryList } from '../server/api/ledger.ts';
import type { PlanView } from '../server/api/plans.ts';
import { type House, openHouse } from './support/house.ts';
import { gather, until } from './support/processes.ts';

const CANARY = 'hunter2-canary';
const folder = mkdtempSync(join(tmpdir(), 'plan-'));
const tokenFile = join(folder, 'token');

const RUNBOOKS = {
  'layout.yaml': `
holdfast: 1
name: layout
inputs:
  hosts: { type: hosts, default: etcd }
  word: { type: string, default: hello }
on: hosts
env: { WORD: '\${{ word }}' }
steps:
  - id: look
    effect: read
    run: |
      echo "files=$(ls | wc -l)" >>"$OUTPUT"
      echo beside
    outputs: { files: int }
    check: { there is little: look.files < 1000 }
  - id: choose
    set:
      most: look.rows.max_by(r, r.files).files
  - id: put
    env: { MOST: '\${{ most }}' }
    run: echo "$WORD" >word
    done: test "$MOST" -ge 0; grep -qxF "$WORD" word
  - id: blind
    run: touch blind
  - id: sure
    approve: { ask: 'Wipe?' }
  - id: wipe
    effect: destroy
    run: rm -f word blind
`,
  'conf/a.conf': 'one\n',
  'conf/b.conf': 'two\n',
  'copies.yaml': `
holdfast: 1
name: copies
secrets: { token: 'file:${tokenFile}' }
on: 'etcd[0]'
steps:
  - id: put
    copy: { from: conf, to: planned/conf }
  - id: ask
    env: { TOKEN: '\${{ secrets.token }}' }
    run: touch never
    done: '[ "$TOKEN" = ${CANARY} ] || { echo "another token" >&2; exit 1; }'
  - id: says
    env: { TOKEN: '\${{ secrets.token }}' }
    run: touch never
    done: 'echo "it is $TOKEN" >&2; exit 1'
`,
  'slow.yaml': `
holdfast: 1
name: slow
inputs: { hosts: { type: hosts, default: etcd } }
steps:
  - { id: first, on: 'hosts[0]', effect: read, run: sleep 60 }
  - { id: second, on: 'hosts[1]', effect: read, run: sleep 60 }
`,
};

let house: House;
beforeAll(async () => {
  writeFileSync(tokenFile, CANARY, { mode: 0o600 });
  house = await openHouse({ net: 75, hosts: 2, runbooks: RUNBOOKS });
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function plan(...args: readonly string[]): Promise<PlanView> {
  const { code, stdout, stderr } = await house.holdfast('plan', ...args, '-o', 'json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Every file and folder of a host with its mode, size, time and contents. */
async function filesOf(host: string): Promise<string> {
  const places = 'find "$HOME" $(test -z "$TMPDIR" || echo "$TMPDIR")';
  const command = `${places} -printf "%p %m %s %T@\\n" | sort; find "$HOME" -type f -exec sha256sum {} + | sort`;
  return (await house.lab.ssh(host, command)).stdout;
}

async function kindsAfter(seq: number): Promise<readonly string[]> {
  const api = await house.api();
  const { entries } = await api.get<EntryList>('/api/ledger', { after: seq, limit: 1000 });
  return entries.map(({ kind }) => kind);
}

const told = (view: PlanView) =>
  view.steps.flatMap(({ path, expects = [] }) =>
    expects.map(({ what, hosts }) => [path, what, ...hosts].join(' ')),
  );

test('a plan asks hosts and changes nothing on them; of the store it adds what they said', async () => {
  const api = await house.api();
  const before = [await filesOf('etcd00'), await filesOf('etcd01')];
  const runs = await api.get('/api/runs');
  const known = (await kindsAfter(0)).length;
  const made = await plan('layout');
  expect(told(made)).toEqual([
    'look answers etcd00 etcd01',
    'look met etcd00 etcd01',
    'choose known',
    'put would_change etcd00 etcd01',
    'blind would_change etcd00 etcd01',
    'wipe would_change etcd00 etcd01',
  ]);
  expect([await filesOf('etcd00'), await filesOf('etcd01')]).toEqual(before);
  expect(before[0]).toContain('home');
  expect(await api.get('/api/runs')).toEqual(runs);
  expect(await api.get('/api/locks')).toEqual({ locks: [] });
  const added = (await kindsAfter(0)).slice(known);
  expect([...new Set(added)]).toEqual(['plan.compiled', 'probe.ended']);
  expect(added).toHaveLength(5);
});

test('what is done is said to be; a plan differs from an earlier one in what was said otherwise', async () => {
  const earlier = await plan('layout');
  for (const host of ['etcd00', 'etcd01']) await house.lab.ssh(host, 'echo other >word');
  const now = await plan('layout', '-i', 'word=other', '--diff', earlier.digest.slice(0, 12));
  expect(told(now)).toContain('put done etcd00 etcd01');
  expect(now.diff?.inputs).toEqual([{ name: 'word', before: 'hello', after: 'other' }]);
  expect(now.diff?.steps).toEqual([]);
});

test('a host that does not answer is said not to be known, and the plan is shown', async () => {
  await house.lab.break({ kind: 'sshd-down', host: 'etcd01' });
  try {
    const view = await plan('layout');
    expect(told(view)).toContain('look answers etcd00');
    expect(told(view)).toContain('look unknown etcd01');
    const { code, stdout } = await house.holdfast('plan', 'layout');
    expect(code).toBe(0);
    expect(stdout).toContain('No answer');
  } finally {
    await house.lab.break({ kind: 'sshd-up', host: 'etcd01' });
  }
});

test('copies are compared and secrets used, without a change, and no secret is kept', async () => {
  const says = ({ steps }: PlanView) =>
    steps.flatMap(({ path, expects = [] }) =>
      expects.map(({ what, says }) => `${path} ${what} ${says ?? ''}`),
    );
  const bare = await filesOf('etcd00');
  const fresh = await plan('copies');
  expect(says(fresh)).toEqual([
    'put would_change 2 of 2 files: a.conf (new), b.conf (new)',
    'ask done ',
    expect.stringMatching(/^says would_change not done yet: it is \*+$/),
  ]);
  expect(await filesOf('etcd00')).toBe(bare);
  const there = 'mkdir -p planned/conf; cd planned/conf; echo one >a.conf; echo other >b.conf; chmod 644 *';
  await house.lab.ssh('etcd00', there);
  expect(says(await plan('copies'))[0]).toBe('put would_change 1 of 2 files: b.conf (other contents)');
  await house.lab.ssh('etcd00', 'cd planned/conf; echo two >b.conf; chmod 600 b.conf');
  const half = await filesOf('etcd00');
  const last = await plan('copies');
  expect(says(last)[0]).toBe('put would_change 1 of 2 files: b.conf (mode 600, not 644)');
  expect(await filesOf('etcd00')).toBe(half);
  await house.lab.ssh('etcd00', 'chmod 644 planned/conf/b.conf');
  expect(says(await plan('copies'))[0]).toBe('put done ');
  const { entries } = await (await house.api()).get<EntryList>('/api/ledger', { after: 0, limit: 1000 });
  expect(entries.length).toBeLessThan(1000);
  expect(JSON.stringify([entries, fresh, last])).not.toContain(CANARY);
});

test('what a step runs is shown without asking a host', async () => {
  const { entries } = await (await house.api()).get<EntryList>('/api/ledger', { after: 0, limit: 1000 });
  const { code, stdout } = await house.holdfast('plan', 'layout', '--step', 'put');
  expect(code).toBe(0);
  expect(stdout).toBe(
    'put  run  sh -eu\n\n  echo "$WORD" >word\n\nput  done  sh -eu\n\n  test "$MOST" -ge 0; grep -qxF "$WORD" word\n',
  );
  expect(await kindsAfter(entries.at(-1)?.seq ?? 0)).not.toContain('probe.ended');
  const none = await house.holdfast('plan', 'layout', '--step', 'nothing');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('The plan has no step nothing.')]);
});

test('Ctrl-C ends the questions', async () => {
  const asking = house.spawn('plan', 'slow');
  const said = gather(asking.stderr);
  const ended = new Promise<number | null>((resolve) => asking.once('close', resolve));
  await until('it asks', async () => (said().includes('asking hosts') ? true : undefined));
  asking.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(said()).toContain('Nothing was changed');
});
