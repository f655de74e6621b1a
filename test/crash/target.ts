import { readdir, readFile } from 'node:fs/promises';
import { hostProcesses, reach } from '../../lab/host.ts';
import { homeOf, type LabHost, requireHost } from '../../lab/lab.ts';
import type { Entry } from '../../ledger/events.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { runId } from '../../plan/ids.ts';
import type { House } from '../support/house.ts';

/** What the harness looks at and shoots at: the house, its ledger as a file, and the runs that are under way. */
export type Target = {
  readonly house: House;
  readonly ledger: OpenLedger;
  readonly runs: readonly string[];
};

export function hostNamed(target: Target, name: string): LabHost {
  return requireHost(target.house.lab.lab, name);
}

/** Read from the file, so that it can be looked at also while the server is down. */
export async function entriesOf(target: Target, run: string): Promise<readonly Entry[]> {
  return target.ledger.read({ run: runId(run), limit: 10_000 });
}

/** The witness lines on a host: each is one command that was started. */
export async function witnessLines(target: Target, run: string, host: string): Promise<readonly string[]> {
  const lab = hostNamed(target, host);
  const path = await reach(lab, `${homeOf(lab)}/witness.${run}`);
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** Names in a job's directory on a host; none where it is not there. */
export async function jobFiles(target: Target, entry: Entry): Promise<readonly string[]> {
  if (entry.kind !== 'attempt.started' || entry.data.job === undefined) return [];
  const lab = hostNamed(target, entry.data.host);
  const place = `${homeOf(lab)}/.holdfast/runs/${entry.run}/${entry.data.job}`;
  return readdir(await reach(lab, place)).catch(() => []);
}

export async function supervisorPids(target: Target, host: string): Promise<readonly number[]> {
  const all = await hostProcesses(hostNamed(target, host));
  return all.filter(({ command }) => command.includes('/lib/supervisor-')).map(({ pid }) => pid);
}

/** Processes of sshd that hold a connection, without the one that listens. */
export async function sessionPids(target: Target, host: string): Promise<readonly number[]> {
  const all = await hostProcesses(hostNamed(target, host));
  return all
    .filter(({ command }) => /^sshd(-session)?: (?!.*\[listener\])/.test(command))
    .map(({ pid }) => pid);
}
