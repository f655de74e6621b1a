import { readdir, readFile } from 'node:fs/promises';
import { hostsProcesses, reach } from '../../lab/host.ts';
import { homeOf, type LabHost, requireHost } from '../../lab/lab.ts';
import type { Entry } from '../../ledger/events.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { runId } from '../../plan/ids.ts';
import type { House } from '../support/house.ts';
import type { Watcher } from './watcher.ts';

/** What is looked at: the house, and its ledger as a file. */
export type Ground = { readonly house: House; readonly ledger: OpenLedger };

/** What is shot at: the runs that are under way, and who holds their commands. */
export type Target = Ground & {
  readonly watcher: Watcher;
  readonly runs: readonly string[];
  /** Those that have not ended. */
  readonly open: ReadonlySet<string>;
  readonly runOn: (host: string) => string | undefined;
};

export function hostNamed({ house }: Pick<Ground, 'house'>, name: string): LabHost {
  return requireHost(house.lab.lab, name);
}

/** Read from the file, so that it can be looked at also while the server is down. */
export async function entriesOf(ground: Ground, run: string): Promise<readonly Entry[]> {
  return ground.ledger.read({ run: runId(run), limit: 10_000 });
}

/** The witness lines on a host: each is one command that was started. */
export async function witnessLines(ground: Ground, run: string, host: string): Promise<readonly string[]> {
  const lab = hostNamed(ground, host);
  const path = await reach(lab, `${homeOf(lab)}/witness.${run}`);
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** Names in a job's directory on its host; none where it is not there. */
export async function jobNames(
  ground: Ground,
  { run, host, job }: { readonly run: string; readonly host: string; readonly job: string },
): Promise<readonly string[]> {
  const lab = hostNamed(ground, host);
  return readdir(await reach(lab, `${homeOf(lab)}/.holdfast/runs/${run}/${job}`)).catch(() => []);
}

export async function supervisorPids(ground: Ground, hosts: readonly string[]): Promise<readonly number[]> {
  return pidsOn(ground, hosts, (command) => command.includes('/lib/supervisor-'));
}

/** Processes of sshd that hold a connection, without the one that listens. */
export async function sessionPids(ground: Ground, hosts: readonly string[]): Promise<readonly number[]> {
  return pidsOn(ground, hosts, (command) => /^sshd(-session)?: (?!.*\[listener\])/.test(command));
}

async function pidsOn(
  ground: Ground,
  hosts: readonly string[],
  which: (command: string) => boolean,
): Promise<readonly number[]> {
  const all = await hostsProcesses(hosts.map((name) => hostNamed(ground, name)));
  return [...all.values()].flat().flatMap(({ pid, command }) => (which(command) ? [pid] : []));
}
