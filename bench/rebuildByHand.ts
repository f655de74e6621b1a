import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab, LabHost } from '../lab/lab.ts';
import { runCommand } from '../toolbox/command.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { type BareSsh, bareSsh } from './bareSsh.ts';
import { opensshWords } from './openssh.ts';

const LIBRARY = fileURLToPath(new URL('../runbooks/lib/etcd', import.meta.url));

export type Strategy = 'grow' | 'snapshot';

type Outputs = ReadonlyMap<string, string>;

/** A host as a script has it: a connection, and what the functions of the library want to know. */
type Hand = { readonly host: LabHost; readonly ssh: BareSsh; readonly env: string };

/**
 * What a careful person would write instead of `etcd/rebuild`: the same steps by the same shell functions, in the same order, on
 * hosts whose first one alone has its data. One connection to each host, opened here too. Nobody is asked, and nothing is recorded.
 *
 * @throws where a step does not succeed, with what it said.
 */
export async function rebuildByHand(lab: Lab, strategy: Strategy): Promise<void> {
  const source = lab.etcd === undefined ? '' : dirname((await findProgram('etcd', lab.etcd.version)).path);
  await using connections = new AsyncDisposableStack();
  const hands = await Promise.all(
    lab.hosts.map(async (host): Promise<Hand> => {
      const ssh = connections.use(await bareSsh(lab, host));
      return { host, ssh, env: environmentOf(host, source) };
    }),
  );
  const [seed, ...others] = hands;
  if (!seed) throw new Error('the lab has no hosts');
  const library = await libraryText();
  const all = (script: string) => Promise.all(hands.map((hand) => step(hand, script)));
  await Promise.all(hands.map(({ ssh }) => ssh.exec('cat > etcd-functions.sh', library)));

  await all(`etcd_triage ${hands.map(({ host }) => `${host.name}=${peerOf(host)}`).join(' ')}`);
  await all('etcd_preflight; etcd_silent');
  await all('etcd_down; etcd_is_down');
  await step(seed, 'etcd_copy "$COPY"; etcd_copy_is_good "$COPY"');
  const rehearsed = await step(seed, `etcd_rehearse "$COPY" ${strategy}`);
  await all('etcd_is_down');
  await (strategy === 'grow' ? grow(seed, others) : fromSnapshot(lab, [seed, ...others], rehearsed));
  await all('etcd_describe; etcd_no_alarm; etcd_runs_plain');
  await all(`etcd_compare ${(await step(seed, 'out revision $(etcd_revision)')).get('revision')}`);
  const clients = hands.map(({ host }) => clientOf(host)).join(' ');
  for (const hand of hands) await step(hand, `etcd_probe 300 ${clients}`);
  await all('etcd_kept');
}

async function grow(seed: Hand, joiners: readonly Hand[]): Promise<void> {
  await step(seed, 'etcd_force');
  await step(seed, 'etcd_seed_plain; etcd_seed_is_plain');
  for (const joiner of joiners) {
    const peer = peerOf(joiner.host);
    await step(seed, `etcd_everyone_serves ${peer}; etcd_none_unstarted ${peer}; etcd_no_alarm`);
    await step(joiner, 'etcd_preflight');
    const words = `${joiner.host.name} ${peer}`;
    const registered = await step(
      seed,
      `n=0; until etcd_register ${words}; do n=$((n + 1)); [ $n -lt 60 ]; sleep 1; done; etcd_registered ${words}`,
    );
    const [id, cluster] = [registered.get('id'), registered.get('initial_cluster')];
    await step(joiner, `etcd_start_joiner ${id} '${cluster}' etcd-hand; etcd_is_joiner ${id}`);
    await step(seed, `etcd_promote ${peer}; etcd_is_voter ${peer}`);
    await step(joiner, `etcd_wait; etcd_is_member; etcd_same_as ${clientOf(seed.host)}`);
  }
  await step(seed, 'etcd_settle');
}

async function fromSnapshot(
  lab: Lab,
  [seed, ...others]: readonly [Hand, ...Hand[]],
  rehearsed: Outputs,
): Promise<void> {
  const hands = [seed, ...others];
  const looked = await step(seed, 'etcd_snapshot_look "$COPY.db"');
  const ahead = looked.get('bumps') === 'true' ? 1_000_000_000 : 0;
  await Promise.all(others.map((other) => handOver(lab, seed, other)));
  const cluster = hands.map(({ host }) => `${host.name}=${peerOf(host)}`).join(',');
  const revision = Number(rehearsed.get('revision')) + ahead;
  const all = (script: string) => Promise.all(hands.map((hand) => step(hand, script)));
  await all(`etcd_restore "$COPY.db" ${looked.get('sha256')} '${cluster}' etcd-hand ${ahead}`);
  await all('etcd_is_restored; etcd_up; etcd_wait');
  await all(`etcd_holds ${revision} ${rehearsed.get('keys')}`);
}

/** One call on one host; answers the `name=value` lines that it wrote. */
async function step({ host, ssh, env }: Hand, script: string): Promise<Outputs> {
  const { code, out, err } = await ssh.exec(
    'sh -eu',
    `${env}\n. ./etcd-functions.sh\n{ ${script}; } >step.log\ncat "$OUTPUT"\n`,
  );
  if (code !== 0) throw new Error(`by hand, ${host.name}: ${script}: ${err.trimEnd().split('\n').at(-1)}`);
  const pairs = out.split('\n').map((line): readonly [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return new Map(pairs);
}

/** From host to host through this machine, as `scp -3` does. */
async function handOver(lab: Lab, from: Hand, to: Hand): Promise<void> {
  const ssh = opensshWords(lab).join(' ');
  const copy = `${ssh} ${from.host.address} 'cat apps/etcd/backup/hand.db' | ${ssh} ${to.host.address} 'mkdir -p apps/etcd/backup && cat > apps/etcd/backup/hand.db'`;
  const result = await runCommand('sh', ['-c', copy]);
  if (result.kind === 'failed') throw new Error(`by hand, to ${to.host.name}: ${result.reason}`);
}

const clientOf = ({ address }: LabHost): string => `http://${address}:2379`;
const peerOf = ({ address }: LabHost): string => `http://${address}:2380`;

function environmentOf(host: LabHost, source: string): string {
  const values = {
    NAME: host.name,
    SOURCE: source,
    PEER: peerOf(host),
    CLIENT: clientOf(host),
    CLIENTS: `${clientOf(host)},http://${host.address}:4001`,
    LISTEN: `${clientOf(host)},http://${host.address}:4001`,
    V2: 'true',
    LOGIN: '',
    PASSWORD: '',
    UNIT: '',
    RUN: 'hand',
  };
  const exports = Object.entries(values).map(([name, value]) => `export ${name}='${value}'`);
  const folders = [
    'HOME_PATH="$HOME/apps/etcd"',
    'OLD_HOME="$HOME/apps/etcd"',
    'COPY="$HOME/apps/etcd/backup/hand"',
  ];
  return [
    ...exports,
    ...folders.map((one) => `export ${one}`),
    'export OUTPUT="$HOME/step.output"; : >"$OUTPUT"',
  ].join('\n');
}

async function libraryText(): Promise<string> {
  const files = (await readdir(LIBRARY)).filter((name) => name.endsWith('.sh'));
  const texts = await Promise.all(files.map((name) => readFile(join(LIBRARY, name), 'utf8')));
  return texts.join('\n');
}
