import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Lab } from '../lab/lab.ts';
import { bareSsh } from './bareSsh.ts';
import { interleaved, median, timed } from './measure.ts';
import { opensshWords } from './openssh.ts';
import { against, alone, type Bench, type Row, row, seconds } from './table.ts';
import { houseOfSteps, runTrivial } from './trivialSteps.ts';

const HOSTS = Number(process.env.BENCH_HOSTS ?? 50);
const AT_ONCE = 50;
const ROUNDS = 3;

export const hosts: Bench = {
  name: 'hosts',
  about: `one command on ${HOSTS} hosts, connections included; ${ROUNDS} rounds, interleaved`,
  run,
};

async function run(): Promise<readonly Row[]> {
  await using house = await houseOfSteps(32, HOSTS, 1);
  const { lab } = house.lab;
  const found = await interleaved(ROUNDS, {
    holdfast: async () => {
      // A worker that has just begun has no connections.
      await house.killWorker();
      const { whole } = await runTrivial(house);
      return { took: whole, memory: await peakMemory((await house.server()).worker.pid) };
    },
    ssh2: () => timed(() => bareLoop(lab)),
    xargs: () => timed(() => xargsSsh(lab, [])),
    curve: () => timed(() => xargsSsh(lab, ['-o', 'KexAlgorithms=curve25519-sha256'])),
  });
  const took = median(found.holdfast.map((one) => one.took));
  const [ssh2, xargs, curve] = [median(found.ssh2), median(found.xargs), median(found.curve)];
  const memory = Math.max(...found.holdfast.map((one) => one.memory));
  return [
    row('Holdfast, first entry of the run to its last', seconds(took)),
    row('bare ssh2, all at once', seconds(ssh2)),
    row(`xargs -P ${AT_ONCE} ssh, as OpenSSH comes`, seconds(xargs)),
    row(`xargs -P ${AT_ONCE} ssh, curve25519 as ssh2 has it`, seconds(curve)),
    against('Holdfast : bare ssh2', took / ssh2, { most: 1.3 }, ' ×'),
    against('xargs as it comes : Holdfast', xargs / took, { least: 1 }, ' ×'),
    against('worker, most memory', memory / 1024 / 1024, { most: 400 }, ' MiB'),
  ];
}

async function bareLoop(lab: Lab): Promise<void> {
  await Promise.all(
    lab.hosts.map(async (host) => {
      await using ssh = await bareSsh(lab, host);
      const { code } = await ssh.exec('true');
      if (code !== 0) throw new Error(`${host.name}: exit status ${code}`);
    }),
  );
}

function xargsSsh(lab: Lab, more: readonly string[]): Promise<void> {
  const words = ['-P', String(AT_ONCE), '-I', '{}', ...opensshWords(lab), ...more, '{}', 'true'];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = execFile('xargs', words, (error) => (error ? reject(error) : resolve()));
  child.stdin?.end(lab.hosts.map((host) => `${host.address}\n`).join(''));
  return promise;
}

/** Bytes of the largest resident set that a process has had (VmHWM, proc(5)). */
async function peakMemory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

if (import.meta.main) await alone(hosts);
