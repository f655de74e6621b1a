import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientKeyOf, homeOf, knownHostsOf } from '../../lab/lab.ts';
import type { Breakage } from '../../lab/labBreak.ts';
import { type TestLab, testLab } from '../../lab/testLab.ts';
import type { LogKey } from '../../ledger/ledger.ts';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { type Digest, digest, type HostName, hostName, runId, stepInstance } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Plan, PlanHost, Script } from '../../plan/plan.ts';
import type { HostTask, RoundAnswer, RoundRequest } from '../../plan/rounds.ts';
import { performRequest } from '../http/performRequest.ts';
import { systemClock } from '../jobs/systemClock.ts';
import { secretsByRun } from '../secrets/ofRun.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { createSshPool } from '../ssh/pool.ts';
import type { SshPool } from '../ssh/ssh.ts';
import { createRounds, type Rounds } from './rounds.ts';

/** A worker's half of a house for one test file: a host with sshd, a ledger, and rounds on them. */
export type RoundsForTest = AsyncDisposable & {
  readonly lab: TestLab;
  readonly ledger: OpenLedger;
  readonly home: string;
  /** A worker of its own: rounds over connections of their own. */
  worker(): TestWorker;
  script(text: string, more?: Partial<Script>): Promise<Script>;
  text(text: string): Promise<Digest>;
  /** A round of one job on the one host. */
  request(
    step: string,
    script: Script,
    more?: Partial<RoundRequest> & { readonly generation?: number },
  ): RoundRequest;
  output(result: HostResult, step: string, stream?: LogKey['stream']): Promise<string>;
  run(command: string, stdin?: string): Promise<string>;
  break(kind: 'full-disk' | 'free-disk' | 'sshd-down' | 'sshd-up' | 'reboot'): Promise<string>;
};

export type TestWorker = {
  readonly rounds: Rounds;
  readonly pool: SshPool;
  readonly stop: AbortController;
  readonly letGo: AbortController;
};

export const RUN = runId('run-of-test');
export const HOST: HostName = hostName('etcd00');

export async function roundsForTest(net: number): Promise<RoundsForTest> {
  const lab = await testLab({ net });
  const home = await mkdtemp(join(tmpdir(), 'holdfast-rounds-'));
  const ledger = openLedger({ path: join(home, 'ledger.db') });
  const keyFile = join(home, 'sealing-key');
  await writeFile(keyFile, 'ab'.repeat(32));
  const [labHost] = lab.lab.hosts;
  if (labHost === undefined) throw new Error('the lab has no host');
  const host: PlanHost = {
    name: HOST,
    address: labHost.address,
    port: labHost.port,
    user: lab.lab.user,
    zone: 'default',
    groups: [],
    vars: {},
    ssh: { identityFile: clientKeyOf(lab.lab), knownHostsFile: knownHostsOf(lab.lab) },
  };
  const sources: { path: string; sha256: Digest }[] = [];
  const plan = { hosts: [host], sources } as unknown as Plan;
  const pools: SshPool[] = [];
  const self: RoundsForTest = {
    lab,
    ledger,
    home: homeOf(labHost),
    worker() {
      const pool = createSshPool({ home, configFiles: [] });
      pools.push(pool);
      const stop = new AbortController();
      const letGo = new AbortController();
      const rounds = createRounds({
        ledger,
        pool,
        planOf: async () => plan,
        textOf: (text) => ledger.blob(text),
        request: performRequest,
        secrets: secretsByRun({
          secrets: createSecrets({ env: {}, now: Date.now }),
          store: ledger.sealed,
          keyFile,
        }),
        clock: systemClock,
        call: () => ({
          stop: stop.signal,
          letGo: letGo.signal,
          stopping: () => letGo.signal.aborted,
          done: () => {},
        }),
      });
      return { rounds, pool, stop, letGo };
    },
    text: (text) => ledger.putBlob(text),
    async script(text, more = {}) {
      return { sha256: await ledger.putBlob(text), shell: 'sh -eu', includes: [], ...more };
    },
    request(step, script, { generation = 0, ...more } = {}) {
      const task: HostTask = { host: HOST, generation, env: {} };
      return {
        run: RUN,
        epoch: 1,
        plan: digest('plan'),
        step: stepInstance(step),
        zone: 'default',
        effect: 'change',
        work: { kind: 'job', script },
        env: {},
        tasks: [task],
        outputs: {},
        sensitive: false,
        timeoutMs: 60_000,
        ...more,
      };
    },
    async output(result, step, stream = 'out') {
      const { host: name, generation } = result;
      const key = { run: RUN, step: stepInstance(step), host: name, generation, stream };
      return Buffer.from(await ledger.logs.read(key, 0, 64 * 1024 * 1024)).toString('latin1');
    },
    async run(command, stdin) {
      return (await lab.ssh(HOST, command, stdin)).stdout;
    },
    break: (kind) => lab.break({ kind, host: HOST } as Breakage),
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.map((pool) => pool.close()));
      await ledger.close();
      await lab.down();
      await rm(home, { recursive: true, force: true });
    },
  };
  return self;
}

/** The one result of an answer that has settled. */
export function only(answer: RoundAnswer): HostResult {
  const [result] = answer.settled;
  if (result === undefined) throw new Error(`nothing has settled: ${JSON.stringify(answer)}`);
  return result;
}
