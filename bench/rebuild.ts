import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseBreakage } from '../lab/labBreak.ts';
import { type House, openHouse } from '../test/support/house.ts';
import { runCommand } from '../toolbox/command.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { against, alone, type Bench, type Row, row, seconds } from './table.ts';

const BY_HAND = fileURLToPath(new URL('../runbooks/lib/test/rebuild.sh', import.meta.url));
const HOSTS = ['etcd00', 'etcd01', 'etcd02'];

export const rebuild: Bench = {
  name: 'rebuild',
  about:
    'etcd/rebuild (grow, three members, etcd 3.4), beside a script that does the same steps in local shells; once each',
  run,
};

async function run(): Promise<readonly Row[]> {
  const byHand = await scripted();
  const { whole, waited } = await through();
  return [
    row('by hand, from triage to every key on every member', seconds(byHand)),
    row('etcd/rebuild, without the wait for its approval', seconds(whole - waited)),
    against('etcd/rebuild : by hand', (whole - waited) / byHand, { most: 1.2 }, ' ×'),
  ];
}

/** Milliseconds, as the script itself says. */
async function scripted(): Promise<number> {
  const etcd = await findProgram('etcd', '3.4');
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-rebuild-'));
  try {
    const result = await runCommand('sh', [BY_HAND, dirname(etcd.path), 'sh', folder, '127.84.34']);
    const took = /grow by hand took (\d+) ms/.exec(result.stdout)?.[1];
    if (took === undefined)
      throw new Error(`the script did not come to its end: ${result.stdout}${result.stderr}`);
    return Number(took);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function through(): Promise<{ readonly whole: number; readonly waited: number }> {
  await using house = await openHouse({ net: 34, hosts: HOSTS.length, etcdVersion: '3.4', disk: '1G' });
  for (const runbook of ['etcd/install', 'etcd/bootstrap']) await ends(house, await house.start(runbook));
  for (const host of HOSTS) await house.lab.break(parseBreakage(['kill', host, 'etcd']));
  for (const host of HOSTS.slice(1)) await house.lab.break(parseBreakage(['lose-data', host]));
  const id = await house.start('etcd/rebuild');
  await house.reaches(id, 'waiting');
  await house.holdfast('approve', id, '-m', 'bench');
  await ends(house, id);
  const entries = await house.entries(id);
  const at = (kind: string) =>
    entries.filter((entry) => entry.kind === kind).map((entry) => Number(new Date(entry.at)));
  const opened = at('gate.opened');
  const applied = at('operator.applied');
  const waited = opened.reduce((sum, since, index) => sum + (applied[index] ?? since) - since, 0);
  return { whole: (at('run.ended')[0] ?? 0) - (at('run.started')[0] ?? 0), waited };
}

async function ends(house: House, run: string): Promise<void> {
  const view = await house.reaches(run, 'succeeded', 'failed', 'cancelled');
  if (view.status !== 'succeeded') throw new Error(`${view.runbook} ended ${view.status}`);
}

if (import.meta.main) await alone(rebuild);
