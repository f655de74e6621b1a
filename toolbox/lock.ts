import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A lock between processes: a folder that is there while it is held. It comes into being with its owner file inside, by a
 * rename, so there is no moment in which it is held by nobody. It is stale when its owner is dead, or, where the owner
 * can't be seen from here (another container), when it was not touched for a minute.
 */
export type Lock = { readonly release: () => Promise<void> };

type Owner = { readonly pid: number; readonly started: string; readonly namespace: string };

const TOUCH_EVERY_MS = 5_000;
const STALE_AFTER_MS = 60_000;

export async function takeLock(
  path: string,
  options: { readonly onWait?: (owner: number) => void; readonly signal?: AbortSignal } = {},
): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const me = await describe(process.pid);
  for (;;) {
    options.signal?.throwIfAborted();
    if (await tryTake(path, me)) return held(path);
    const owner = await readOwner(path);
    if (owner !== undefined) {
      if (await isStale(path, owner)) await removeStale(path, owner);
      else options.onWait?.(owner.pid);
    }
    await sleep(50, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function tryTake(path: string, me: Owner): Promise<boolean> {
  const fresh = `${path}.${randomUUID()}`;
  await mkdir(fresh);
  await writeFile(join(fresh, 'owner.json'), JSON.stringify(me));
  try {
    // Onto a folder that holds something a rename fails: that is the test and the taking in one.
    await rename(fresh, path);
    return true;
  } catch {
    await rm(fresh, { recursive: true, force: true });
    return false;
  }
}

function held(path: string): Lock {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(join(path, 'owner.json'), now, now).catch(() => {});
  }, TOUCH_EVERY_MS);
  touch.unref();
  return {
    release: async () => {
      clearInterval(touch);
      await discard(path);
    },
  };
}

/** Under a second, short-lived lock, so that of two who see the same dead owner one removes it and not the next one's. */
async function removeStale(path: string, seen: Owner): Promise<void> {
  const guard = `${path}.removing`;
  try {
    await mkdir(guard);
  } catch {
    const age = await ageMs(guard);
    if (age !== undefined && age > STALE_AFTER_MS) await rm(guard, { recursive: true, force: true });
    return;
  }
  try {
    const owner = await readOwner(path);
    if (owner !== undefined && sameOwner(owner, seen)) await discard(path);
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

async function discard(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  await rm(aside, { recursive: true, force: true });
}

async function isStale(path: string, owner: Owner): Promise<boolean> {
  const me = await describe(process.pid);
  if (owner.namespace === me.namespace) {
    const now = await describe(owner.pid);
    return now.started !== owner.started;
  }
  const age = await ageMs(join(path, 'owner.json'));
  return age !== undefined && age > STALE_AFTER_MS;
}

async function ageMs(path: string): Promise<number | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts === undefined ? undefined : Date.now() - facts.mtimeMs;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(path, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function sameOwner(a: Owner, b: Owner): boolean {
  return a.pid === b.pid && a.started === b.started && a.namespace === b.namespace;
}

/** A pid alone is reused: with its start time (proc(5), field 22 of stat) it is one process. Without /proc: alive or not. */
async function describe(pid: number): Promise<Owner> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => 'none');
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (line !== undefined) {
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return { pid, started: fields[0] === 'Z' ? 'dead' : (fields[19] ?? ''), namespace };
  }
  return { pid, started: isAlive(pid) ? 'alive' : 'dead', namespace };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
