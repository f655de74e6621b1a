import { parseArgs } from 'node:util';
import { openHouse } from '../support/house.ts';
import { gateways } from './gateway.ts';
import { operator } from './operator.ts';
import { securedInventory, turnUsersOn } from './secured.ts';
import { programsOf } from './trials.ts';
import { writeLoad } from './writeLoad.ts';

/**
 * One cluster through every generation while a client writes without pause, and back again as far as etcd has a way:
 *
 *     npx node test/etcd/upgrades.ts --net 79
 *     npx node test/etcd/upgrades.ts --from 3.5.35 --to 3.6.16 --to 3.5.35
 *     npx node test/etcd/upgrades.ts --tls             behind certificates for clients and peers
 *     npx node test/etcd/upgrades.ts --tls --auth …    and with etcd's own users: not from 3.4 to 3.5, which is refused with them
 *
 * Prints for each hop what the client saw. Exit code 1 where a hop failed, an acknowledged write is missing on a member, or no write
 * was acknowledged for longer than an election takes.
 */
const { values } = parseArgs({
  options: {
    net: { type: 'string', default: '79' },
    from: { type: 'string', default: '3.3.25' },
    to: { type: 'string', multiple: true, default: ['3.4.23', '3.5.16', '3.5.35', '3.6.16', '3.5.35'] },
    tls: { type: 'boolean', default: false },
    auth: { type: 'boolean', default: false },
  },
});

/** The start file's election timeout is 1 s; a member waits up to twice as long, and the vote is asked for once more where it is split. */
const ELECTION_MS = 4_000;
const secured = { tls: values.tls, users: values.auth };

await using house = await openHouse({
  net: Number(values.net),
  hosts: 3,
  etcdVersion: values.from,
  disk: '1G',
  inventory: securedInventory(secured),
});
const { run, refused } = operator(house);
await run('etcd/install');
await run('etcd/bootstrap');
if (values.auth) await askForUsers();
console.log('hop                  seconds  acknowledged  failed  longest gap  missing');
let at = values.from;
for (const to of values.to) {
  const source = await programsOf(to);
  if (at.startsWith('3.5.') && to.startsWith('3.5.') && !values.from.startsWith('3.5.'))
    await earlyIsRefused();
  const api = at.startsWith('3.3.') ? 'v3beta' : 'v3';
  const load = writeLoad(await gateways(house.lab, api, secured));
  const began = performance.now();
  const runbook = minor(to) < minor(at) ? 'etcd/downgrade' : 'etcd/upgrade';
  const failure = await run(runbook, { to, source }).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { acknowledged, failed, longestGapMs, missing } = await load.stop();
  const hop = `${at} to ${to}`.padEnd(19);
  console.log(
    `${hop}  ${seconds.padStart(7)}  ${String(acknowledged).padStart(12)}  ${String(failed).padStart(6)}  ${String(longestGapMs).padStart(8)} ms  ${String(missing.length).padStart(7)}`,
  );
  if (failure !== undefined || missing.length > 0 || longestGapMs > ELECTION_MS) process.exitCode = 1;
  if (failure !== undefined) {
    console.log(failure);
    break;
  }
  at = to;
}

/** An early 3.5 can't go to 3.6: said before anything is changed. */
async function earlyIsRefused(): Promise<void> {
  const why = await refused('etcd/upgrade', { to: '3.6.16', source: await programsOf('3.6') });
  console.log(`${at} to 3.6.16: refused: ${why}`);
}

async function askForUsers(): Promise<void> {
  const client = `${values.tls ? 'https' : 'http'}://127.82.${values.net}.3:2379`;
  const on = await house.lab.ssh('etcd00', turnUsersOn(house.lab, client, secured));
  if (on.kind !== 'done') throw new Error(`${on.reason}: ${on.stderr}`);
}

function minor(version: string): number {
  return Number(version.split('.')[1]);
}
