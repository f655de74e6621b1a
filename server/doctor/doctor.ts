import { access, constants } from 'node:fs/promises';
import type { OpenLedger } from '../../ledger/open.ts';
import { runId } from '../../plan/ids.ts';
import { DEFAULT_ZONE, followQueue, zoneQueue } from '../../workflows/queues.ts';
import type { DoctorCheck } from '../api/doctor.ts';
import type { Engine } from '../engine/engine.ts';
import type { InventoryService } from '../inventory/service.ts';
import type { RunbookLibrary } from '../runbooks/library.ts';
import { noRoom } from '../runs/hindrances.ts';
import type { Interrupted } from '../runs/interrupted.ts';
import { isFull, roomFor } from './room.ts';
import { served } from './served.ts';

type Parts = {
  readonly dataDir: string;
  readonly ledger: OpenLedger;
  readonly engine: Engine;
  readonly inventory: InventoryService;
  readonly library: RunbookLibrary;
  readonly interrupted: Interrupted;
  readonly clock: () => number;
  readonly restarts: () => { readonly worker: number; readonly temporal: number };
};

const LITTLE_SPACE_BYTES = 512 * 1024 * 1024;
const NO_SPACE_BYTES = 64 * 1024 * 1024;
const CLOCK_WARNING_MS = 5_000;
/** Measured on a busy machine: with the default 920 to 1,000 ms late, with 10 ms 34 to 53. */
const SLOW_TIMER_MS = 300;

/** Looks at every part that a run depends on. A look that fails is itself a finding. */
export async function examine(parts: Parts): Promise<DoctorCheck[]> {
  const looks: readonly (readonly [name: string, look: (parts: Parts) => Promise<Finding>])[] = [
    ['Temporal', temporal],
    ['timers', timers],
    ['worker', worker],
    ['zones', zones],
    ['data folder', dataFolder],
    ['ledger', ledgerAndClock],
    ['runs', openRuns],
    ['their workers', served],
    ['inventory', inventory],
    ['runbooks', runbooks],
    ['restarts', restarts],
  ];
  return Promise.all(
    looks.map(async ([name, look]) => {
      try {
        return { name, ...(await look(parts)) };
      } catch (error) {
        const says = error instanceof Error ? error.message : String(error);
        const mend = error instanceof Error && 'mend' in error ? { mend: String(error.mend) } : {};
        return { name, level: 'error' as const, says, ...mend };
      }
    }),
  );
}

type Finding = Omit<DoctorCheck, 'name'>;

function well(says: string): Finding {
  return { level: 'ok', says };
}

/** No run's id: Temporal has to look into its data to say so, and one whose disk is full can't. */
const NO_RUN = runId('holdfast-doctor');

async function temporal({ engine }: Parts): Promise<Finding> {
  await engine.look(NO_RUN);
  return well('answers');
}

/** Temporal's default rounds every timer up to a second; the other default that costs as much is set at the same place. */
async function timers({ engine }: Parts): Promise<Finding> {
  await engine.look(NO_RUN); // Who does not answer is not asked for more.
  const late = Math.round(await engine.timerDelay());
  if (late <= SLOW_TIMER_MS) return well('Temporal keeps them well');
  return {
    level: 'warning',
    says: `Temporal's timers fire ${late} ms late: every wait and every retry takes that much longer`,
    mend: 'In its dynamic config set history.timerProcessorMaxTimeShift to 10ms, and history.transferProcessorMaxPollRPS and history.timerProcessorMaxPollRPS to 10000.',
  };
}

async function worker({ engine }: Parts): Promise<Finding> {
  const [workflows, activities, followers] = await Promise.all([
    engine.pollers(zoneQueue(DEFAULT_ZONE), 'workflow'),
    engine.pollers(zoneQueue(DEFAULT_ZONE), 'activity'),
    engine.pollers(followQueue(DEFAULT_ZONE), 'activity'),
  ]);
  if (workflows > 0 && activities > 0 && followers > 0) return well('polls for work');
  return {
    level: 'error',
    says: 'no worker polls for work: runs stand still until one does',
    mend: 'See worker.log in the data folder; `holdfast up` starts it again by itself.',
  };
}

async function zones({ engine, inventory }: Parts): Promise<Finding> {
  const { hosts } = await inventory.load();
  const named = [...new Set(hosts.map((host) => host.zone))].filter((zone) => zone !== DEFAULT_ZONE);
  const polled = await Promise.all(
    named.map(async (zone) => ({ zone, pollers: await engine.pollers(zoneQueue(zone), 'activity') })),
  );
  const dark = polled.filter(({ pollers }) => pollers === 0).map(({ zone }) => zone);
  if (dark.length === 0)
    return well(named.length === 0 ? 'all hosts are in the default zone' : 'every zone has a worker');
  return {
    level: 'error',
    says: `no worker serves the zone ${dark.join(', ')}: steps on its hosts wait`,
    mend: 'Start a worker in that zone, or leave `zone` out of the inventory.',
  };
}

async function dataFolder({ dataDir }: Parts): Promise<Finding> {
  await access(dataDir, constants.W_OK);
  const rooms = await roomFor(dataDir);
  const free = rooms.map(
    ({ folder, freeBytes }) => `${Math.round(freeBytes / 1024 / 1024)} MiB free in ${folder}`,
  );
  const least = Math.min(...rooms.map(({ freeBytes }) => freeBytes));
  const full = rooms.filter(isFull);
  const says = full.length > 0 ? full.map(noRoom).join('; ') : `is writable; ${free.join(', ')}`;
  if (least > LITTLE_SPACE_BYTES) return well(says);
  const where = rooms.filter(({ freeBytes }) => freeBytes <= LITTLE_SPACE_BYTES).map(({ folder }) => folder);
  const mend = `Make room in ${where.join(' and ')}: the ledger and Temporal write there. Nothing has to be started again.`;
  return { level: least < NO_SPACE_BYTES ? 'error' : 'warning', says, mend };
}

async function ledgerAndClock({ ledger, clock }: Parts): Promise<Finding> {
  const [newest] = await ledger.runsList({ limit: 1 });
  if (!newest) return well('can be read; no run yet');
  const ahead = newest.updatedAt - clock();
  if (ahead <= CLOCK_WARNING_MS) return well(`can be read, up to entry ${newest.lastSeq} at least`);
  return {
    level: 'warning',
    says: `its newest entry is ${Math.round(ahead / 1000)} s in the future: this machine's clock was set back`,
    mend: 'Let the clock be kept by NTP: deadlines are recorded as absolute times.',
  };
}

async function openRuns({ ledger, interrupted }: Parts): Promise<Finding> {
  const open = (await ledger.runsList()).filter((run) => run.endedAt === undefined);
  const gone = open.filter((run) => interrupted.has(run.run)).map(({ run }) => run);
  const failing = open.flatMap(({ run }) => {
    const attempt = interrupted.failing(run);
    return attempt === undefined ? [] : [`${run} (attempt ${attempt})`];
  });
  if (failing.length > 0) {
    return {
      level: 'error',
      says: `${failing.join(', ')}: the engine fails to go on with it, again and again`,
      mend: 'See worker.log in the data folder. What was started on hosts runs on there. A newer Holdfast may go on with it: end this one, start that. Or terminate its workflow in Temporal, and `holdfast resume` it from the record.',
    };
  }
  if (gone.length === 0) return well(open.length === 1 ? '1 open' : `${open.length} open`);
  return {
    level: 'error',
    says: `${gone.join(', ')}: the workflow is gone without an end in the ledger`,
    mend: `Let it go on from the ledger: holdfast resume ${gone[0]}`,
  };
}

async function inventory({ inventory }: Parts): Promise<Finding> {
  const { hosts, origin } = await inventory.load();
  if (hosts.length > 0) return well(`${hosts.length} hosts from ${origin.files.join(', ')}`);
  return { level: 'warning', says: 'there are no hosts', mend: 'Name an inventory file with --inventory.' };
}

async function runbooks({ library }: Parts): Promise<Finding> {
  const all = await library.list();
  const broken = all.filter((runbook) => runbook.complaints > 0).map(({ name }) => name);
  if (broken.length > 0) {
    return {
      level: 'warning',
      says: `${broken.join(', ')} can't be planned`,
      mend: 'See `holdfast validate`.',
    };
  }
  if (all.length > 0) return well(`${all.length} found`);
  return { level: 'warning', says: 'there are no runbooks', mend: 'Name a folder with --runbooks.' };
}

async function restarts(parts: Parts): Promise<Finding> {
  const { worker, temporal } = parts.restarts();
  if (worker + temporal === 0) return well('nothing had to be started again');
  return {
    level: 'warning',
    says: `started again since \`up\`: worker ${worker} times, Temporal ${temporal} times`,
    mend: 'See worker.log, worker.err and temporal.log in the data folder.',
  };
}

export type Doctor = () => Promise<DoctorCheck[]>;

export function createDoctor(parts: Parts): Doctor {
  return () => examine(parts);
}
