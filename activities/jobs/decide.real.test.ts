import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, drawMark, seenIn } from './ask.ts';
import { attemptText } from './attemptText.ts';
import { type Decision, decide, type Recorded, type Seen } from './decide.ts';
import { localConnection } from './localShell.ts';

const token = 'a1';
const here = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The run's directory, and ways to bring about every state that a host can be in. */
class Directory {
  readonly path: string;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-decide-'));
    folders.push(folder);
    this.path = join(folder, 'run');
    mkdirSync(join(this.path, 'lib'), { recursive: true });
    this.file(`token.${token}`);
    this.file('epoch.1');
  }

  file(name: string): void {
    writeFileSync(join(this.path, name), '');
  }

  known(job = 'job'): void {
    mkdirSync(join(this.path, job));
  }

  taken(job = 'job'): void {
    mkdirSync(join(this.path, job, 'go'), { recursive: true });
  }

  /** Says of a process that it supervises the job, in this session. */
  supervised(by: Life, session: Life, job = 'job', boot = here): void {
    this.file(`${job}/sup.${boot}.${by.pid}.${by.start}.${session.pid}.${session.start}`);
  }
}

type Life = { readonly pid: number; readonly start: string };

/** A process that leads a session of its own. */
async function alive(): Promise<Life> {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return lifeOf(child.pid ?? 0);
}

/** A process that was, whose pid nobody has. */
async function dead(): Promise<Life> {
  const life = await alive();
  const child = children.at(-1);
  child?.kill('SIGKILL');
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return life;
}

function lifeOf(pid: number): Life {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { pid, start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
}

type State = {
  readonly what: string;
  readonly make: (directory: Directory) => void | Promise<void>;
  readonly recorded?: Recorded;
  readonly older?: readonly string[];
  /** What can be seen where it is not an intact place of the same boot with nothing in it. */
  readonly seen: Partial<Seen>;
  readonly act: Decision['act'];
};

const states: readonly State[] = [
  { what: 'nothing of the job', make: () => {}, seen: {}, act: 'start' },
  {
    what: 'nothing of the job, and a launch recorded in another boot',
    make: () => {},
    recorded: { boot: 'other' },
    seen: {},
    act: 'unknown',
  },
  { what: 'a job without go', make: (at) => at.known(), seen: { job: 'known' }, act: 'supervise' },
  {
    what: 'a job without go, and a launch recorded in another boot',
    make: (at) => at.known(),
    recorded: { boot: 'other' },
    seen: { job: 'known' },
    act: 'unknown',
  },
  {
    what: 'go, and a supervisor that lives',
    make: async (at) => {
      at.taken();
      const life = await alive();
      at.supervised(life, life);
    },
    seen: { job: 'taken', supervisorLives: true },
    act: 'follow',
  },
  {
    what: 'go, and of two supervisors the second lives',
    make: async (at) => {
      at.taken();
      const [gone, life] = [await dead(), await alive()];
      at.supervised(gone, gone);
      at.supervised(life, life);
    },
    seen: { job: 'taken', supervisorLives: true },
    act: 'follow',
  },
  {
    what: 'go, and a supervisor that is gone',
    make: async (at) => {
      at.taken();
      const life = await dead();
      at.supervised(life, life);
    },
    seen: { job: 'taken' },
    act: 'unknown',
  },
  {
    what: 'go, a supervisor that is gone, and a process of its session',
    make: async (at) => {
      at.taken();
      at.supervised(await dead(), await alive());
    },
    seen: { job: 'taken', sessionLives: true },
    act: 'unknown',
  },
  {
    what: "go, and the supervisor's pid has been given to another process",
    make: async (at) => {
      at.taken();
      const life = { ...(await alive()), start: '1' };
      at.supervised(life, life);
    },
    seen: { job: 'taken' },
    act: 'unknown',
  },
  {
    what: 'go, and a supervisor of another boot',
    make: async (at) => {
      at.taken();
      const life = await alive();
      at.supervised(life, life, 'job', 'other');
    },
    recorded: { boot: 'other' },
    seen: { job: 'taken' },
    act: 'unknown',
  },
  {
    what: 'go, and no supervisor has said its name',
    make: (at) => at.taken(),
    seen: { job: 'taken' },
    act: 'unknown',
  },
  {
    what: 'an exit status',
    make: (at) => {
      at.taken();
      at.file('job/rc.3');
      at.file('job/drained');
    },
    seen: { job: 'taken', rc: 3 },
    act: 'done',
  },
  {
    what: 'an exit status of another boot',
    make: (at) => {
      at.taken();
      at.file('job/rc.0');
      at.file('job/drained');
    },
    recorded: { boot: 'other' },
    seen: { job: 'taken', rc: 0 },
    act: 'done',
  },
  {
    what: 'an exit status, in a run that a newer walk has taken over',
    make: (at) => {
      at.taken();
      at.file('job/rc.0');
      at.file('job/drained');
      at.file('epoch.2');
    },
    seen: { job: 'taken', rc: 0 },
    act: 'done',
  },
  {
    what: 'a tombstone: go, and all else emptied',
    make: (at) => at.taken(),
    recorded: { boot: here },
    seen: { job: 'taken' },
    act: 'unknown',
  },
  {
    what: 'go taken by who stopped it',
    make: (at) => {
      at.taken();
      at.file('job/never');
    },
    seen: { job: 'taken', never: true },
    act: 'never',
  },
  {
    what: 'a newer walk of the run',
    make: (at) => at.file('epoch.2'),
    seen: { newerEpoch: true },
    act: 'refuse',
  },
  {
    what: 'a newer walk, and a job that runs',
    make: async (at) => {
      at.taken();
      const life = await alive();
      at.supervised(life, life);
      at.file('epoch.10');
    },
    seen: { job: 'taken', supervisorLives: true, newerEpoch: true },
    act: 'refuse',
  },
  {
    what: 'an older walk of the run',
    make: (at) => at.file('epoch.0'),
    seen: {},
    act: 'start',
  },
  {
    what: 'no directory of the run',
    make: (at) => rmSync(at.path, { recursive: true }),
    seen: { place: 'missing' },
    act: 'unknown',
  },
  {
    what: 'another token',
    make: (at) => {
      rmSync(join(at.path, `token.${token}`));
      at.file('token.b2');
      at.known();
    },
    seen: { place: 'other' },
    act: 'unknown',
  },
  {
    what: 'an older generation of which there is nothing',
    make: () => {},
    older: ['older'],
    seen: {},
    act: 'start',
  },
  {
    what: 'an older generation without go',
    make: (at) => at.known('older'),
    older: ['older'],
    seen: {},
    act: 'start',
  },
  {
    what: 'an older generation whose supervisor lives',
    make: async (at) => {
      at.taken('older');
      const life = await alive();
      at.supervised(life, life, 'older');
    },
    older: ['older'],
    seen: { olderLives: true },
    act: 'refuse',
  },
  {
    what: 'an older generation of whose session a process lives',
    make: async (at) => {
      at.taken('older');
      at.supervised(await dead(), await alive(), 'older');
    },
    older: ['older'],
    seen: { olderLives: true },
    act: 'refuse',
  },
  {
    what: 'the second of two older generations lives',
    make: async (at) => {
      at.taken('older');
      at.taken('old');
      const life = await alive();
      at.supervised(life, life, 'old');
    },
    older: ['older', 'old'],
    seen: { olderLives: true },
    act: 'refuse',
  },
  {
    what: 'an older generation that has an exit status',
    make: (at) => {
      at.taken('older');
      at.file('older/rc.1');
    },
    older: ['older'],
    seen: {},
    act: 'start',
  },
  {
    what: 'an older generation that is gone without an exit status',
    make: async (at) => {
      at.taken('older');
      const life = await dead();
      at.supervised(life, life, 'older');
    },
    older: ['older'],
    seen: {},
    act: 'start',
  },
];

const busybox = process.env.HOLDFAST_BUSYBOX ?? '/bin/busybox';
const shells: readonly (readonly [string, readonly string[]])[] = [
  ['sh', ['sh']],
  ...(spawnSync('bash', ['-c', 'true']).status === 0 ? [['bash', ['bash', '--posix']] as const] : []),
  ...(existsSync(busybox) ? [['busybox', [busybox, 'sh']] as const] : []),
];

/** Looks at the job and decides, without what a launch needs: so nothing is started whatever it says. */
async function look(shell: readonly string[], directory: Directory, state: State) {
  const env = { HOME: tmpdir(), PATH: process.env.PATH ?? '/usr/bin:/bin' };
  const connection = localConnection({ shell, env });
  const mark = drawMark();
  const text = attemptText({
    mark,
    place: { directory: directory.path, token },
    epoch: 1,
    job: 'job',
    recorded: state.recorded ?? { boot: here },
    older: state.older ?? [],
    from: { out: 0, err: 0 },
    waitMs: 0,
  });
  const answer = await ask(connection, mark, text, { onFrame: () => {}, timeoutMs: 20_000 });
  if (!answer.ok) throw new Error(answer.failure.says);
  return answer.fields;
}

describe.each(shells)('what %s decides on the host is what the pure function decides', (_, shell) => {
  it.each(states)('$what: $act', async (state) => {
    const directory = new Directory();
    await state.make(directory);
    const fields = await look(shell, directory, state);
    const seen = seenIn(fields);
    expect(seen).toEqual({
      place: 'intact',
      newerEpoch: false,
      boot: here,
      job: 'absent',
      rc: undefined,
      never: false,
      supervisorLives: false,
      sessionLives: false,
      olderLives: false,
      ...state.seen,
    });
    expect(fields.act).toBe(state.act);
    expect(decide(seen, state.recorded ?? { boot: here }).act).toBe(state.act);
    for (const older of state.older ?? []) {
      expect(existsSync(join(directory.path, older, 'go')), `the go of ${older} is taken`).toBe(true);
    }
  });
});
