import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SudoHost, sudoHost } from '../activities/become/sudoForTest.ts';
import type { EntryList } from '../server/api/ledger.ts';
import type { PlanView } from '../server/api/plans.ts';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';
import { inventoryWithSudo } from './support/sudoSshd.ts';

const PASSWORD = 'sesame';
const MACHINE = '127.82.41.60';

/** She may become bob as she is, and root with her password. */
const SUDOERS = 'ada ALL=(bob) NOPASSWD: ALL\nada ALL=(root) ALL';

const folder = mkdtempSync(join(tmpdir(), 'become-'));
const passwordFile = join(folder, 'password');

const RUNBOOKS = {
  'users.yaml': `
holdfast: 1
name: users
secrets: { sudo: 'file:${passwordFile}' }
on: machine
steps:
  - id: looks
    effect: read
    become: { password: '\${{ secrets.sudo }}' }
    run: echo "made=$(cat /mnt/bob/made 2>&1 || true)" >>"$OUTPUT"
    outputs: { made: string }
  - id: bob
    become: { user: bob }
    env: { WORD: it's bob's }
    run: printf '%s\\n' "$WORD" >made; pwd
    done: grep -qxF "$WORD" made; echo "who=$(id -un)" >>"$OUTPUT"
    outputs: { who: string }
  - id: root
    become: { password: '\${{ secrets.sudo }}' }
    env: { WHO: '\${{ bob.who }}' }
    run: umask 077; echo "$WHO, said $(id -un)" >/mnt/bob/rooted
    done: test -e /mnt/bob/rooted; echo "who=$(id -un)" >>"$OUTPUT"
    outputs: { who: string }
  - id: tells
    effect: read
    become: { password: '\${{ secrets.sudo }}' }
    run: echo "told=$(cat /mnt/bob/rooted)" >>"$OUTPUT"
    outputs: { told: string }
  - id: bring
    on: etcd00
    copy: { from: { host: machine, path: made, become: { user: bob } }, to: brought }
  - id: many
    for_each: '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]'
    parallel: true
    become: { user: bob }
    steps:
      - id: writes
        env: { N: '\${{ item }}' }
        run: echo "$N" >>many; echo "n=$N" >>"$OUTPUT"
        outputs: { n: int }
      - { id: plain, become: false, run: test "$(id -un)" = ada }
      - id: reads
        effect: read
        env: { N: '\${{ writes.n }}' }
        run: grep -qx "$N" many
`,
  'refused.yaml': `
holdfast: 1
name: refused
on: machine
steps:
  - { id: root, become: true, effect: read, run: id -un, may_fail: true }
  - id: nobody
    become: { user: nobody-here }
    run: touch never
    done: touch never
`,
  'waits.yaml': `
holdfast: 1
name: waits
secrets: { sudo: 'file:${passwordFile}' }
on: machine
steps:
  - id: work
    on_unknown: ask
    become: { password: '\${{ secrets.sudo }}' }
    run: echo started >>/mnt/bob/starts; until [ -e /mnt/bob/free ]; do sleep 0.1; done; id -un
`,
};

const made = await sudoHost();
if ('missing' in made) test.skip(`real sudo was not tried: ${made.missing}`, () => {});

describe.skipIf('missing' in made)('as another user, through sshd', () => {
  let machine: SudoHost;
  let house: House;
  beforeAll(async () => {
    if ('missing' in made) throw new Error(made.missing);
    machine = made;
    await machine.sudoers(SUDOERS);
    writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
    house = await openHouse({
      net: 41,
      hosts: 1,
      runbooks: RUNBOOKS,
      inventory: (lab) => inventoryWithSudo(lab, machine, MACHINE),
    });
  });
  afterAll(async () => {
    await house?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function told(runbook: string): Promise<readonly string[]> {
    const { code, stdout, stderr } = await house.holdfast('plan', runbook, '-o', 'json');
    expect(code, stderr).toBe(0);
    const { steps }: PlanView = JSON.parse(stdout);
    return steps.flatMap(({ path, expects = [] }) =>
      expects.map(({ what, says }) => `${path} ${what} ${says ?? ''}`.trim()),
    );
  }

  /** What stands on the machine, and when it came, but for what a login or sudo itself leaves. */
  const files = () => machine.root('find /mnt/ada /mnt/bob /tmp -printf "%p %m %s %T@\\n" | sort');

  const spots = () => machine.root('find /tmp -maxdepth 1 -name "holdfast-*"');

  test('a plan asks as whom a run would, with and without a password, and changes nothing', async () => {
    const before = await files();
    const said = await told('users');
    expect(said.slice(0, 3)).toEqual([
      'looks answers',
      expect.stringMatching(/^bob would_change not done yet: grep: /),
      'root unknown bob has not run',
    ]);
    expect(await files()).toBe(before);
  });

  test('a run over one connection: each step as its user, outputs too, and no secret is kept', async () => {
    const run = await house.start('users');
    await house.reaches(run, 'succeeded');
    expect(
      await machine.root('cat /mnt/bob/made /mnt/bob/rooted; stat -c %U /mnt/bob/made /mnt/bob/rooted'),
    ).toBe("it's bob's\nbob, said root\nbob\nroot\n");
    expect(await machine.root('sort -n /mnt/bob/many | tr "\\n" " "')).toBe('1 2 3 4 5 6 7 8 9 10 11 12 ');
    expect((await house.lab.ssh('etcd00', 'cat brought')).stdout).toBe("it's bob's\n");
    expect((await house.holdfast('logs', run, 'bob')).stdout).toBe('/mnt/bob\n');
    const entries = await house.entries(run);
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
    const outputs = entries.filter(({ kind }) => kind === 'attempt.ended').map(({ data }) => data);
    expect(JSON.stringify(outputs)).toContain('"told":"bob, said root"');
    const { stdout } = await house.holdfast('show', run);
    expect(stdout).toMatch(/✓ bob .*as bob/);
    expect(stdout).toMatch(/✓ root .*as root/);
    await until('the run has left nothing behind', async () => ((await spots()) === '' ? true : undefined));
  });

  test('a plan after it says that it is done, as whom it says', async () => {
    const before = await files();
    const said = await told('users');
    for (const line of ['looks answers', 'bob done', 'root done', 'bring done']) expect(said).toContain(line);
    expect(await files()).toBe(before);
  });

  test('where sudo refuses, a plan says what to do, and so does the run that is held', async () => {
    const said = await told('refused');
    expect(said).toEqual([
      expect.stringMatching(/^root answers it fails, as it may: .*asks for a password\. Name one/),
      expect.stringMatching(/^nobody would_stop nothing was run .*has no user nobody-here/),
    ]);
    const run = await house.start('refused');
    const { held } = await house.reaches(run, 'held');
    expect(held[0]?.why).toContain('has no user nobody-here');
    expect((await house.holdfast('abort', run, '-m', 'seen')).code).toBe(0);
    expect(await machine.root('find /mnt -name never')).toBe('');
  });

  test('a worker that dies meanwhile is followed by one that finds it, with the password; it runs once', async () => {
    const run = await house.start('waits');
    await until('it is at work', async () => {
      const starts = await machine.root('cat /mnt/bob/starts 2>/dev/null || true');
      return starts === '' ? undefined : true;
    });
    await house.killWorker();
    await machine.root('touch /mnt/bob/free');
    await house.reaches(run, 'succeeded');
    expect(await machine.root('cat /mnt/bob/starts')).toBe('started\n');
    expect((await house.holdfast('logs', run, 'work')).stdout).toBe('root\n');
    await machine.root('rm /mnt/bob/starts /mnt/bob/free');
  });

  test('what a killed supervisor leaves in /tmp goes with the run', async () => {
    const run = await house.start('waits');
    const supervisor = await until('it is at work', async () => {
      const at = `/mnt/ada/.holdfast/runs/${run}/*/sup.*`;
      const starts = await machine.root(`cat /mnt/bob/starts 2>/dev/null || true; ls -d ${at} || true`);
      return /^started\n\S+\n$/.test(starts) ? starts.split('\n')[1] : undefined;
    });
    expect(await spots()).toMatch(/^\/tmp\/holdfast-\S+\n$/);
    await machine.root(`IFS=.; set -- $(echo '${supervisor}' | sed 's/.*sup\\.//'); kill -9 "$2"`);
    const { held } = await house.reaches(run, 'held');
    expect(held[0]?.offers).toContain('resolve');
    await machine.root('touch /mnt/bob/free');
    const said = ['--host', 'machine', '--as', 'succeeded', '-m', 'seen'];
    expect((await house.holdfast('resolve', run, ...said)).code).toBe(0);
    await house.reaches(run, 'succeeded');
    await until('it is gone', async () => ((await spots()) === '' ? true : undefined));
  });

  test('no password is in the store', async () => {
    const { entries } = await (await house.api()).get<EntryList>('/api/ledger', { after: 0, limit: 1000 });
    expect(entries.length).toBeLessThan(1000);
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
  });
});
