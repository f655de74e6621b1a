import { chmod, copyFile, mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHolder } from '../../lab/holder.ts';
import { reach } from '../../lab/host.ts';
import { enterFlags } from '../../lab/isolation.ts';
import { homeOf, type Lab, type LabHost } from '../../lab/lab.ts';
import { run } from '../support/processes.ts';

/** Points of a job on its host at which it can be held: just before its `go` is made, just after, and in its script. */
export type HostPoint = 'mkdir' | 'go' | 'running';

/**
 * Stands on the host in the place of `mkdir`, which the supervisor calls by its job's name to take `go`. Whoever takes it in another way
 * (`mkdir` of a whole path) is not held.
 */
const SHIM = `#!/bin/sh
case $1 in
  /*) exec "$0.real" "$@" ;;
  */go) job=\${1%/go} ;;
  *) exec "$0.real" "$@" ;;
esac
hold() {
  at=$HOME/hold/$1.$job
  [ -e "$at" ] || return 0
  true >"$at.met"
  while [ -e "$at" ]; do sleep 0.01; done
}
hold mkdir
"$0.real" "$@" || exit
hold go
`;

/** What the scenario's scripts say next to their first line: they wait where they are told to. */
export const HOLD_SCRIPT = `job=\${OUTPUT%/*}; at=$HOME/hold/running.\${job##*/}; while [ -e "$at" ]; do true >"$at.met"; sleep 0.02; done`;

/** Lays the stand-in over the host's mkdir; only its own processes see it, and it goes with the host. */
export async function makeHoldable(lab: Lab, host: LabHost): Promise<void> {
  const holder = await readHolder(host);
  if (holder === undefined || lab.isolation.kind !== 'namespaces') {
    throw new Error('jobs can be held on lab hosts with namespaces only');
  }
  const shim = join(host.folder, 'mkdir');
  const real = await realpath('/bin/mkdir');
  await copyFile(real, join(host.folder, 'mkdir.real'));
  await writeFile(shim, SHIM.replaceAll('$0', shim));
  await chmod(shim, 0o755);
  const { code, stderr } = await run('nsenter', [
    ...enterFlags(lab.isolation.as, holder.pid),
    ...['mount', '--bind', shim, real],
  ]);
  if (code !== 0) throw new Error(`the mkdir of ${host.name} can't be covered: ${stderr}`);
  await mkdir(await reach(host, `${homeOf(host)}/hold`), { recursive: true });
}

async function folderOf(host: LabHost): Promise<string> {
  return reach(host, `${homeOf(host)}/hold`);
}

export async function hold(host: LabHost, point: HostPoint, job: string): Promise<void> {
  await writeFile(join(await folderOf(host), `${point}.${job}`), '');
}

/** The jobs that wait at this point. */
export async function heldAt(host: LabHost, point: HostPoint): Promise<readonly string[]> {
  const names = await readdir(await folderOf(host)).catch(() => []);
  return names.flatMap((name) => {
    const [at, job, met] = name.split('.');
    return at === point && met === 'met' && job !== undefined ? [job] : [];
  });
}

export async function letAllGo(host: LabHost): Promise<void> {
  const folder = await folderOf(host);
  for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name), { force: true });
}
