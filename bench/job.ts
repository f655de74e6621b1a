import { randomBytes } from 'node:crypto';
import type { Material, Place } from '../activities/jobs/attemptText.ts';
import { followJob } from '../activities/jobs/job.ts';
import { choosePlace } from '../activities/jobs/place.ts';
import { jobId } from '../activities/jobs/shell.ts';
import { systemClock } from '../activities/jobs/systemClock.ts';
import { createSshPool } from '../activities/ssh/pool.ts';
import type { Connected, Target } from '../activities/ssh/ssh.ts';
import { clientKeyOf, knownHostsOf } from '../lab/lab.ts';
import { testLab } from '../lab/testLab.ts';
import { hostName, runId, stepInstance } from '../plan/ids.ts';
import { interleaved, median, timed } from './measure.ts';
import { against, alone, type Bench, ms, type Row, row } from './table.ts';

const TIMES = 200;
const RUN = runId('bench-job');
const HOST = hostName('etcd00');
const never = new AbortController().signal;

export const job: Bench = {
  name: 'job',
  about: `a command as a job that outlives its connection, beside a plain exec on the same connection; ${TIMES} of each, interleaved`,
  run,
};

async function run(): Promise<readonly Row[]> {
  await using lab = await testLab({ net: 31 });
  const [host] = lab.lab.hosts;
  if (!host) throw new Error('the lab has no host');
  const pool = createSshPool({ home: lab.dir, configFiles: [] });
  const target: Target = {
    name: HOST,
    address: host.address,
    port: host.port,
    user: lab.lab.user,
    ssh: { identityFile: clientKeyOf(lab.lab), knownHostsFile: knownHostsOf(lab.lab) },
  };
  try {
    const connected = await pool.connect(target);
    if (!connected.ok) throw new Error(connected.failure.says);
    const { connection } = connected;
    const chosen = await choosePlace(connection, { run: RUN, epoch: 1, host: HOST, timeoutMs: 20_000 });
    if (!chosen.ok) throw new Error(chosen.why);
    let count = 0;
    const found = await interleaved(TIMES, {
      exec: () => timed(() => connection.exec('true')),
      shell: () => timed(() => connection.script('sh -c true')),
      job: () => timed(() => oneJob(connected, chosen.place, chosen.boot, count++)),
    });
    const [exec, shell, wrapped] = [median(found.exec), median(found.shell), median(found.job)];
    return [
      row('plain exec: median', ms(exec)),
      row('in a shell that stays open: median', ms(shell)),
      row('as a job: median', ms(wrapped)),
      against('job − plain exec', wrapped - exec, { most: 3 }, ' ms'),
    ];
  } finally {
    await pool.close();
  }
}

async function oneJob(
  connected: Connected & { ok: true },
  place: Place,
  boot: string,
  count: number,
): Promise<void> {
  const id = jobId({ run: RUN, step: stepInstance(`s${count}`), host: HOST, generation: 0 });
  const end = await followJob(
    {
      place,
      epoch: 1,
      job: id,
      recorded: { boot },
      older: [],
      alone: true,
      timeoutMs: 60_000,
      from: { out: 0, err: 0 },
      material: (resend): Material => ({
        nonce: randomBytes(6).toString('hex'),
        script: { text: 'true', shell: 'sh', includes: [] },
        env: {},
        library: new Map(),
        supervisorThere: count > 0 && !resend,
      }),
    },
    {
      connect: async (): Promise<Connected> => connected,
      store: async () => {},
      clock: systemClock,
      until: Date.now() + 60_000,
      letGo: never,
      stop: never,
      lost: { since: 0 },
    },
  );
  if (end.kind !== 'ended' || end.rc !== 0) throw new Error(`a job ended as ${JSON.stringify(end)}`);
}

if (import.meta.main) await alone(job);
