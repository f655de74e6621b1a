import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Key, missingOn, writeKeys } from '../../lab/demo/keys.ts';
import { reach } from '../../lab/host.ts';
import { homeOf, inventoryOf, requireHost } from '../../lab/lab.ts';
import { parseBreakage } from '../../lab/labBreak.ts';
import type { RunView } from '../../server/api/runs.ts';
import type { House } from '../support/house.ts';
import { until } from '../support/processes.ts';
import { type Inputs, type Operator, operator } from './operator.ts';
import { certify, securedInventory } from './secured.ts';
import { programsOf } from './trials.ts';

/** What stands in for programs of a host: a `date` that can be set, as hosts of the lab share one clock. */
export const STAND_INS = join(import.meta.dirname, 'programs');
export const MEMBERS: readonly string[] = ['etcd00', 'etcd01', 'etcd02'];
/** What etcd/triage says. */
export type Verdict = { readonly verdict: string; readonly runbook: string; readonly inputs: string };

/** A cluster of three to be broken and mended by the command line, and every write that it has acknowledged. */
export class Scene {
  readonly house: House;
  readonly clients: readonly string[];
  /** The runbooks that were run since the cluster was made, triage excepted, as they were typed. */
  readonly ran: string[] = [];
  /** The last one that was taken: what etcd/restore-snapshot has to know of it. */
  backup: Inputs = {};
  /** In which term the leader led when a scene wrote it down. */
  term = '';
  readonly #operator: Operator;
  #kept: Key[] = [];
  /** What the inventory said before a scene changed it. */
  #inventory: string | undefined;

  constructor(house: House) {
    this.house = house;
    this.#operator = operator(house);
    this.clients = house.lab.lab.hosts.map(({ address }) => `http://${address}:2379`);
  }

  /** A new cluster with 200 acknowledged keys, and nothing of the one before. `prepare` may change the programs that were installed. */
  async fresh(prepare: () => Promise<void> = async () => {}): Promise<void> {
    if (this.#inventory !== undefined) await writeFile(inventoryOf(this.house.lab), this.#inventory);
    this.#inventory = undefined;
    for (const host of MEMBERS) {
      await this.break('sshd-up', host);
      await this.break('kill', host, 'etcd').catch(() => undefined);
      const lab = requireHost(this.house.lab.lab, host);
      for (const left of ['apps', 'somebodys-core-dump', 'clock-ahead'])
        await rm(await reach(lab, `${homeOf(lab)}/${left}`), { recursive: true, force: true });
    }
    await this.run('etcd/install');
    await prepare();
    await this.run('etcd/bootstrap');
    this.ran.length = 0;
    this.#kept = [];
    await this.write('kept/', 200);
    await until('every member holds every key', async () =>
      (await this.lost()).somewhere === 0 ? true : undefined,
    );
  }

  /** The cluster that is made next has certificates for its peers; clients are served without. */
  async certifyPeers(): Promise<void> {
    const file = inventoryOf(this.house.lab);
    this.#inventory = await readFile(file, 'utf8');
    await securedInventory({ tls: true, users: false })(this.house.lab);
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(/^( *)ansible_host: (.*)$/gm, '$&\n$1client: http://$2:2379\n$1clients: http://$2:2379'),
    );
  }

  /** A new certificate for this host's peer port, for so many days from now on. */
  certifyPeer(host: string, days: number): Promise<void> {
    return certify(this.house.lab, host, 'peer', days);
  }

  client(host: string): string {
    return this.clients[MEMBERS.indexOf(host)] ?? '';
  }

  /** Writes through these members (all, if none is named) and remembers what is acknowledged; answers how many that is. */
  async write(prefix: string, count: number, through: readonly string[] = MEMBERS): Promise<number> {
    const written = await writeKeys(
      this.house.lab.lab.etcd?.version.startsWith('3.3.') === true ? 'v3beta' : 'v3',
      through.map((host) => this.client(host)),
      prefix,
      count,
    );
    this.#kept.push(...written);
    return written.length;
  }

  /** Writes until what it is given has been done. */
  async underLoad(act: () => Promise<void>): Promise<void> {
    let over = false;
    const load = (async () => {
      for (let round = 0; !over; round++) await this.write(`load/${round}/`, 25);
    })();
    await pause(500);
    await act();
    over = true;
    await load;
  }

  /** Of the acknowledged writes: how many some member of those named lacks, and how many all of them lack. */
  async lost(
    of: readonly string[] = MEMBERS,
  ): Promise<{ readonly somewhere: number; readonly everywhere: number }> {
    const missing = await Promise.all(of.map((host) => missingOn(this.client(host), this.#kept)));
    const times = new Map<Key, number>();
    for (const key of missing.flat()) times.set(key, (times.get(key) ?? 0) + 1);
    const everywhere = [...times.values()].filter((count) => count === of.length).length;
    return { somewhere: times.size, everywhere };
  }

  /** To its end; its gates are approved. Throws where it ends or holds otherwise, with the reason. */
  async run(runbook: string, inputs: Inputs = {}): Promise<RunView> {
    if (runbook !== 'etcd/triage')
      this.ran.push(
        [runbook, ...Object.entries(inputs).map(([name, value]) => `${name}=${value}`)].join(' '),
      );
    return this.#operator.run(runbook, inputs);
  }

  async triage(inputs: Inputs = {}): Promise<Verdict> {
    const { outputs } = await this.run('etcd/triage', inputs);
    const text = (name: string) => String(outputs?.[name] ?? '');
    return { verdict: text('verdict'), runbook: text('runbook'), inputs: text('inputs') };
  }

  /** A script on a host, as its user; throws where it fails. */
  async on(host: string, script: string): Promise<string> {
    const result = await this.house.lab.ssh(host, `set -eu\n${script}`);
    if (result.kind !== 'done') throw new Error(`${script} on ${host}: ${result.reason}: ${result.stderr}`);
    return result.stdout;
  }

  /** etcdctl on that host, asking that host's member. */
  ctl(host: string, words: string): Promise<string> {
    return this.on(host, `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints ${this.client(host)} ${words}`);
  }

  async break(...words: readonly string[]): Promise<void> {
    await this.house.lab.break(parseBreakage(words));
  }

  /** kill -9 of the members. */
  async kill(...hosts: readonly string[]): Promise<void> {
    await Promise.all(hosts.map((host) => this.break('kill', host, 'etcd')));
  }

  /** kill -9, and data and WAL are gone. */
  async lose(...hosts: readonly string[]): Promise<void> {
    await this.kill(...hosts);
    for (const host of hosts) await this.break('lose-data', host);
  }

  peer(at: number): string {
    const { address = '' } = this.house.lab.lab.hosts[0] ?? {};
    return `http://${address.replace(/\d+$/, String(at + 3))}:2380`;
  }

  async idOf(host: string): Promise<string> {
    const list = await this.ctl('etcd00', 'member list');
    return new RegExp(`^([0-9a-f]+), started, ${host},`, 'm').exec(list)?.[1] ?? '';
  }

  /** Sets the clock of a host so many seconds ahead; 0 sets it right. The house must have the `STAND_INS`. */
  async clock(host: string, ahead: number): Promise<void> {
    await this.on(host, ahead === 0 ? 'rm -f clock-ahead' : `echo ${ahead} >clock-ahead`);
  }

  /** Why it is held or refused; throws where it succeeds. */
  refused(runbook: string, inputs: Inputs = {}): Promise<string> {
    return this.#operator.refused(runbook, inputs);
  }

  /** The raft term, as etcd00 has it: another one is another leader. */
  async termNow(): Promise<string> {
    const status = await this.ctl('etcd00', 'endpoint status -w fields');
    return /^"RaftTerm" : (\d+)$/m.exec(status)?.[1] ?? '';
  }

  /** Resolves when that member answers a read. */
  async serves(host: string): Promise<void> {
    await until(`${host} serves`, async () => ((await this.#answers(host, '/health')) ? true : undefined));
  }

  /** Writes through the others bring a member down whose disk is full. */
  async fillUp(host: string, through: readonly string[]): Promise<void> {
    for (let round = 0; round < 200 && (await this.#answers(host, '/version')); round++)
      await this.write(`filler/${round}/`, 25, through);
    if (await this.#answers(host, '/version')) throw new Error(`${host} goes on with a full disk`);
  }

  /** Its start file, and etcd ends by itself: it has written to its log, and is gone. */
  async startInVain(host: string): Promise<void> {
    await this.on(
      host,
      `log=apps/etcd/logs/etcd.log; before=$(wc -c <$log); apps/etcd/bin/start
for try in $(seq 300); do sleep 0.2; [ $(wc -c <$log) = $before ] || pgrep -x etcd >/dev/null || exit 0; done; exit 1`,
    );
  }

  /** The programs of another version in the place of those that are installed. */
  async install(version: string, hosts: readonly string[]): Promise<void> {
    const from = await programsOf(version);
    for (const host of hosts)
      await this.on(host, `rm -f apps/etcd/bin/etcd*; cp ${from}/etcd* apps/etcd/bin/`);
  }

  async upgrade(version: string, host: string): Promise<void> {
    await this.run('etcd/stop', { members: host });
    await this.install(version, [host]);
    await this.run('etcd/start', { members: host });
  }

  /** One value in its database is another than in the others': as a page that was written wrongly, which has no checksum. */
  async diverge(host: string): Promise<void> {
    await this.run('etcd/stop', { members: host });
    await this.on(
      host,
      "LC_ALL=C sed -i 's|value of kept/150|VALUE of kept/150|g' apps/etcd/data/member/snap/db",
    );
    await this.run('etcd/start', { members: host });
  }

  async backUp(): Promise<void> {
    const { outputs } = await this.run('etcd/backup');
    this.backup = { source: String(outputs?.host), file: String(outputs?.file) };
  }

  async #answers(host: string, path: string): Promise<boolean> {
    return fetch(`${this.client(host)}${path}`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  }
}
