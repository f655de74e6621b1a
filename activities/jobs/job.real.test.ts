import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runId } from '../../plan/ids.ts';
import type { Material } from './attemptText.ts';
import { followJob } from './job.ts';
import type { JobEnd } from './jobSpec.ts';
import { localConnection } from './localShell.ts';
import { choosePlace } from './place.ts';
import { keptOnHostBytes } from './supervisor.ts';
import { systemClock } from './systemClock.ts';

const nobody = 65534;
const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

type Host = { readonly name: string; readonly shell: readonly string[]; readonly path: string };

function hosts(): readonly Host[] {
  const path = process.env.PATH ?? '/usr/bin:/bin';
  const found: Host[] = [{ name: 'sh', shell: ['sh'], path }];
  for (const name of ['dash', 'bash']) {
    if (spawnSync(name, ['-c', 'true']).status === 0) found.push({ name, shell: [name], path });
  }
  const busybox = busyboxPath();
  if (busybox !== undefined) found.push({ name: 'busybox alone', shell: ['sh'], path: busybox });
  if (process.getuid?.() === 0) {
    const shell = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', 'sh'];
    found.push({ name: 'an unprivileged user', shell, path });
  }
  return found;
}

/** A folder where every program that a job needs is busybox's. Undefined where there is no busybox on this machine. */
function busyboxPath(): string | undefined {
  const program = process.env.HOLDFAST_BUSYBOX ?? '/bin/busybox';
  if (!existsSync(program)) return undefined;
  const folder = newHome();
  const applets = [
    'sh',
    'mkdir',
    'setsid',
    'tee',
    'mv',
    'dd',
    'sleep',
    'wc',
    'head',
    'tail',
    'rm',
    'rmdir',
    'id',
    'cat',
  ];
  for (const applet of applets) symlinkSync(program, join(folder, applet));
  return folder;
}

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-jobs-'));
  homes.push(home);
  chmodSync(home, 0o755);
  return home;
}

async function hostWith(host: Host) {
  const home = newHome();
  if (host.name === 'an unprivileged user') chownSync(home, nobody, nobody);
  const connection = localConnection({ shell: host.shell, env: { HOME: home, PATH: host.path } });
  const chosen = await choosePlace(connection, { run: runId('r'), epoch: 1, host: 'h', timeoutMs: 10_000 });
  if (!chosen.ok) throw new Error(chosen.why);
  return { home, connection, ...chosen };
}

type Ready = Awaited<ReturnType<typeof hostWith>>;

async function run(host: Ready, job: string, text: string, timeoutMs = 60_000, clock = systemClock) {
  const said = { out: '', err: '' };
  const material = (): Material => ({
    nonce: 'n',
    script: { text, shell: 'sh -eu', includes: [] },
    env: { QUOTED: "it's $HOME" },
    library: new Map(),
    supervisorThere: false,
  });
  const end: JobEnd = await followJob(
    {
      place: host.place,
      epoch: 1,
      job,
      recorded: { boot: host.boot },
      older: [],
      alone: true,
      timeoutMs,
      material,
      from: { out: 0, err: 0 },
    },
    {
      connect: async () => ({ ok: true, connection: host.connection }),
      store: async (stream, offset, bytes) => {
        expect(offset).toBe(said[stream].length);
        said[stream] += Buffer.from(bytes).toString('latin1');
      },
      clock,
      until: Date.now() + 60_000,
      letGo: new AbortController().signal,
      stop: new AbortController().signal,
      lost: { since: 0 },
    },
  );
  return { end, ...said };
}

const tried = hosts();
const missing = ['dash', 'bash', 'busybox alone', 'an unprivileged user'].filter(
  (name) => !tried.some((host) => host.name === name),
);
if (missing.length > 0) {
  it.skip(`not tried on this machine, which has no such shell or is not root: ${missing.join(', ')}`, () => {});
}

describe.each(tried)('jobs with $name', (host) => {
  it('run once, keep their exit status, both streams and their outputs', async () => {
    const ready = await hostWith(host);
    const text = 'echo "$QUOTED"; echo bad >&2; echo a=1 >>"$OUTPUT"; echo x >>"$HOME/witness"; exit 3';
    const first = await run(ready, 'a', text);
    expect(first.end).toMatchObject({ kind: 'ended', rc: 3 });
    expect([first.out, first.err]).toEqual(["it's $HOME\n", 'bad\n']);
    expect(first.end.kind === 'ended' && Buffer.from(first.end.value).toString()).toBe('a=1\n');
    expect(await run(ready, 'a', text)).toEqual(first);
    expect(readFileSync(join(ready.home, 'witness'), 'utf8')).toBe('x\n');
  });

  it('stop at the first command that fails, and survive a signal to their own group', async () => {
    const ready = await hostWith(host);
    expect((await run(ready, 'b', 'false\necho never')).end).toMatchObject({ rc: 1, bytes: { out: 0 } });
    const { end, out } = await run(ready, 'c', 'trap "" TERM; kill 0; echo still');
    expect([end.kind, out]).toEqual(['ended', 'still\n']);
  });

  it('are followed while they run, and stopped at their timeout', async () => {
    const ready = await hostWith(host);
    const long = await run(ready, 'd', 'for i in 1 2 3; do echo $i; sleep 0.3; done');
    expect([long.end.kind, long.out]).toEqual(['ended', '1\n2\n3\n']);
    const slow = await run(ready, 'e', 'sleep 100', 500);
    expect(slow.end).toMatchObject({ kind: 'ended', rc: 143, stopped: 'timed_out' });
  });
});

it('that say more than is kept run on: so much is there whole, and it is said to be cut', async () => {
  const ready = await hostWith({ name: 'sh', shell: ['sh'], path: process.env.PATH ?? '' });
  const more = keptOnHostBytes + 5_000_000;
  const text = `head -c ${more} /dev/zero | tr '\\0' x; head -c ${more} /dev/zero >"$HOME/own"; echo few >&2`;
  const { end, out, err } = await run(ready, 'a', text);
  expect(end).toMatchObject({ kind: 'ended', rc: 0, cut: { out: true, err: false } });
  expect([out.length, err]).toEqual([keptOnHostBytes, 'few\n']);
  expect(statSync(join(ready.home, 'own')).size).toBe(more);
});

it('whose supervisor is slow are started once it comes; where it does not, they never are', async () => {
  const slow = newHome();
  const wait = `while [ ! -e "$HOME/comes" ]; do sleep 0.02; done; exec ${realSetsid} "$@"`;
  writeFileSync(join(slow, 'setsid'), `#!/bin/sh\n${wait}\n`, { mode: 0o755 });
  const ready = await hostWith({ name: 'slow', shell: ['sh'], path: `${slow}:${process.env.PATH}` });
  const witness = join(ready.home, 'witness');
  // The waits between the launches are left out, and during one of them the supervisors get going.
  let waits = 0;
  const clock = {
    ...systemClock,
    sleep: async () => {
      waits += 1;
      if (waits === 3) writeFileSync(join(ready.home, 'comes'), '');
    },
  };
  const text = 'echo x >>"$HOME/witness"';
  expect((await run(ready, 'a', text, 60_000, clock)).end).toMatchObject({ kind: 'ended', rc: 0 });
  expect(readFileSync(witness, 'utf8')).toBe('x\n');

  rmSync(join(ready.home, 'comes'));
  const { end } = await run(ready, 'b', text, 60_000, { ...systemClock, sleep: async () => {} });
  expect(end).toMatchObject({ kind: 'refused', transient: true });
  writeFileSync(join(ready.home, 'comes'), '');
  const all = await readyToEnd(ready.home);
  expect([all, readFileSync(witness, 'utf8')]).toEqual([0, 'x\n']);
});

const realSetsid = spawnSync('sh', ['-c', 'command -v setsid']).stdout.toString().trim();

/** Waits until no process speaks of this folder any more; gives up after ten seconds. */
async function readyToEnd(folder: string): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const left = spawnSync('pgrep', ['-f', folder]).stdout.toString().split('\n').filter(Boolean).length;
    if (left === 0 || tries > 100) return left;
    await systemClock.sleep(100);
  }
}
