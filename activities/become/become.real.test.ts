import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest, runId } from '../../plan/ids.ts';
import type { AsUser } from '../../plan/rounds.ts';
import { copyTo } from '../copy/copyTo.ts';
import { becomeDigest, becomeText } from '../jobs/becomeText.ts';
import { followJob } from '../jobs/job.ts';
import { type JobEnd, jobLimits } from '../jobs/jobSpec.ts';
import { type Chosen, choosePlace } from '../jobs/place.ts';
import { sha256 } from '../jobs/shell.ts';
import { systemClock } from '../jobs/systemClock.ts';
import { execAs } from './asUser.ts';
import { refusal } from './refusal.ts';
import { type SudoHost, sudoHost } from './sudoForTest.ts';

const FREE = 'ada ALL=(ALL) NOPASSWD: ALL';
const ASKS = 'ada ALL=(ALL) ALL';
const sesame = { password: 'sesame' };
const never = new AbortController().signal;

const made = await sudoHost();
if ('missing' in made) it.skip(`real sudo was not tried: ${made.missing}`, () => {});

describe.skipIf('missing' in made)('as another user', () => {
  let host: SudoHost;
  let chosen: Chosen & { readonly ok: true };
  beforeAll(async () => {
    if ('missing' in made) throw new Error(made.missing);
    host = made;
    const run = runId(`r${randomBytes(4).toString('hex')}`);
    const place = await choosePlace(host.connection, { run, epoch: 1, host: 'h', timeoutMs: 20_000 });
    if (!place.ok) throw new Error(place.why);
    chosen = place;
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  type Asked = {
    readonly script?: AsUser;
    readonly done?: AsUser;
    readonly doneText?: string;
    readonly timeoutMs?: number;
    readonly letGo?: AbortSignal;
    readonly onlyLook?: boolean;
  };

  async function job(name: string, text: string, asked: Asked) {
    const said = { out: '', err: '' };
    const { script, done, doneText, timeoutMs = 60_000, letGo = never } = asked;
    const shell = 'sh -eu';
    const material = () => ({
      nonce: randomBytes(6).toString('hex'),
      script: { text, shell, includes: [] },
      ...(doneText === undefined
        ? {}
        : { done: { script: { text: doneText, shell, includes: [] }, everyMs: 50, withinMs: 500 } }),
      env: { QUOTED: "it's $HOME", TOKEN: 'canary-env', job: 'lower' },
      library: new Map([[becomeDigest, { text: becomeText, there: false }]]),
      supervisorThere: false,
      become: {
        ...(script === undefined ? {} : { script }),
        ...(done === undefined ? {} : { done }),
        secret: randomBytes(16).toString('hex'),
      },
    });
    const end: JobEnd = await followJob(
      {
        place: chosen.place,
        epoch: 1,
        job: name,
        recorded: { boot: chosen.boot },
        older: [],
        alone: true,
        timeoutMs,
        users: async () => [script, done].filter((as) => as !== undefined),
        ...(asked.onlyLook === true ? {} : { material }),
        from: { out: 0, err: 0 },
      },
      {
        connect: async () => ({ ok: true, connection: host.connection }),
        store: async (stream, _, bytes) => {
          said[stream] += Buffer.from(bytes).toString();
        },
        clock: systemClock,
        until: Date.now() + 120_000,
        letGo,
        stop: never,
        lost: { since: 0 },
      },
    );
    return { end, ...said };
  }

  const written = (end: JobEnd) => (end.kind === 'ended' ? Buffer.from(end.value).toString() : end.kind);

  it.each<readonly [string, string, Partial<AsUser>]>([
    ['without a password', FREE, {}],
    ['with a password', ASKS, sesame],
    ['with a password that sudo does not ask for', FREE, sesame],
    ['with a log of what is printed', `Defaults log_output\n${FREE}`, {}],
  ])('a job runs once, with its environment, outputs and exit status: %s', async (how, rules, secret) => {
    await host.sudoers(rules);
    const script = { user: 'bob', ...secret };
    const text =
      'id -un; pwd; echo "$QUOTED $job"; echo bad >&2; cat; echo a=1 >>"$OUTPUT"; echo x >>~/witness; exit 3';
    const name = `once-${how.replaceAll(' ', '-')}`;
    await host.root('rm -f /mnt/bob/witness');
    const first = await job(name, text, { script });
    expect(first).toMatchObject({ end: { kind: 'ended', rc: 3 }, err: 'bad\n' });
    expect(first.out).toBe("bob\n/mnt/bob\nit's $HOME lower\n");
    expect(written(first.end)).toBe('a=1\n');
    expect(await job(name, text, { script })).toEqual(first);
    expect(await host.root('cat /mnt/bob/witness')).toBe('x\n');
    expect(await host.root('find /tmp -maxdepth 1 -user ada')).toBe('');
  });

  it('neither the password nor the environment is on a command line or on the disk', async () => {
    await host.sudoers(ASKS);
    const text =
      'cat /proc/[0-9]*/cmdline 2>/dev/null; found=$(find /mnt/ada /tmp /dev/shm -user ada -type f -exec grep -l -e "canary-en[v]" -e "sesam[e]" {} + || true); [ -z "$found" ] || echo "on disk: $found"';
    const { end, out } = await job('hidden', text, { script: { user: 'root', ...sesame } });
    expect(end).toMatchObject({ kind: 'ended', rc: 0 });
    expect(out).toContain('sudo');
    expect(out).not.toMatch(/canary-env|sesame|on disk/);
  });

  it('done is asked as whom it says, before and after', async () => {
    await host.sudoers(FREE);
    const doneText = 'test "$(id -un)" = bob; test -e ~/made; echo "n=$(cat ~/made)" >>"$OUTPUT"';
    const asked = { script: { user: 'root' }, done: { user: 'bob' }, doneText };
    const text = 'echo 7 >/mnt/bob/made; chmod 644 /mnt/bob/made; id -un';
    const made = await job('done1', text, asked);
    expect([made.out, written(made.end)]).toEqual(['root\n', 'n=7\n']);
    const again = await job('done2', text, asked);
    expect(again.end).toMatchObject({ kind: 'ended', rc: 0, unchanged: true });
    const plain = await job('done3', 'id -un', { done: { user: 'bob' }, doneText: 'false' });
    expect(plain).toMatchObject({ out: 'ada\n', end: { kind: 'ended', undone: '' } });
  });

  it.each<readonly [string, string, Partial<AsUser>]>([
    ['in the supervisor’s session', FREE, {}],
    ['with a password', ASKS, sesame],
    ['where sudo logs what is printed', `Defaults log_output, use_pty\n${FREE}`, {}],
  ])('a job is stopped at its timeout, %s', async (how, rules, secret) => {
    await host.sudoers(rules);
    for (const user of ['root', 'bob']) {
      const name = `stop-${user}-${how.replaceAll(' ', '-')}`;
      const text = 'trap "echo ouch; exit 5" TERM; while :; do sleep 0.05; done';
      const { end, out } = await job(name, text, { script: { user, ...secret }, timeoutMs: 300 });
      expect(end, name).toMatchObject({ kind: 'ended', rc: 5, stopped: 'timed_out' });
      expect(out).toBe('ouch\n');
    }
  });

  it('without its supervisor it is unknown, and lives as long as what it started', async () => {
    await host.sudoers(FREE);
    const script = { user: 'bob' };
    const letGo = new AbortController();
    const first = job('lost', 'touch ~/runs; while [ -e ~/runs ]; do sleep 0.05; done', {
      script,
      letGo: letGo.signal,
    });
    await host.root('until [ -e /mnt/bob/runs ]; do sleep 0.05; done');
    letGo.abort();
    await first;
    const kill = `for p in /proc/[0-9]*; do if tr '\\0' ' ' <$p/cmdline | grep -q 'supervisor-.* lost '; then kill -9 \${p#/proc/}; fi; done 2>/dev/null; true`;
    await host.root(kill);
    const look = () => job('lost', '', { script, onlyLook: true });
    expect((await look()).end).toMatchObject({ kind: 'unknown', sessionLives: true });
    await host.root('rm /mnt/bob/runs');
    const gone = async () => {
      const { end } = await look();
      return end.kind === 'unknown' && end.sessionLives === false;
    };
    await expect.poll(gone, { timeout: jobLimits.reply * 3, interval: 200 }).toBe(true);
  });

  it.each<readonly [string, string, AsUser, RegExp]>([
    ['the password is wrong', ASKS, { user: 'bob', password: 'no' }, /does not take the password\. Look at/],
    ['a password is asked for', ASKS, { user: 'bob' }, /asks for a password\. Name one/],
    ['the user is not in sudoers', '', { user: 'bob' }, /asks for a password|sudoers does not let/],
    [
      'the user may not be become',
      'ada ALL=(root) NOPASSWD: ALL',
      { user: 'bob', ...sesame },
      /sudoers does not let .*Allow it/,
    ],
    [
      'a terminal is wanted',
      `Defaults requiretty\n${FREE}`,
      { user: 'bob' },
      /wants a terminal .*Take requiretty off/,
    ],
    ['the host has no such user', FREE, { user: 'nobody-here' }, /has no user nobody-here\. Correct/],
  ])('where %s nothing runs, and the next step is named', async (what, rules, as, says) => {
    await host.sudoers(rules);
    const name = `refused-${what.replaceAll(' ', '-')}`;
    const { end, err } = await job(name, 'touch /tmp/ran', { script: as });
    expect(end).toMatchObject({ kind: 'ended', refused: '' });
    expect(refusal(as, err)).toMatch(says);
    const asked = await execAs(host.connection, as, 'touch /tmp/ran', []);
    expect(asked.refused).toMatch(says);
    const { end: before } = await job(`${name}-done`, 'touch /tmp/ran', { done: as, doneText: 'true' });
    expect(before.kind === 'ended' && refusal(as, before.refused ?? '')).toMatch(says);
    expect(await host.root('ls /tmp/ran 2>/dev/null || true')).toBe('');
  });

  it('a copy is written as whom it says, also with a password', async () => {
    await host.sudoers(ASKS);
    const bytes = randomBytes(300_000);
    const item = {
      path: '',
      sha256: digest(sha256(bytes)),
      bytes: bytes.length,
      mode: 0o640,
      open: async (from: number) => Readable.from([bytes.subarray(from)], { objectMode: false }),
    };
    const copy = () =>
      copyTo({
        target: 'copied/here',
        items: [item],
        as: { user: 'bob', ...sesame },
        folderMode: 0o750,
        connect: async () => ({ ok: true, connection: host.connection }),
        mayPlace: async () => true,
        signal: never,
      });
    expect(await copy()).toEqual({ kind: 'copied' });
    expect(await host.root('stat -c "%U %a %s" /mnt/bob/copied/here')).toBe('bob 640 300000\n');
    expect(await copy()).toEqual({ kind: 'unchanged' });
  });
});
