import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { inventoryOf } from '../../lab/lab.ts';
import type { FullTemporal } from '../../lab/temporal/fullTemporal.ts';
import type { TestLab } from '../../lab/testLab.ts';
import { type House, type HouseOptions, openHouse } from './house.ts';
import { gather, spawnHoldfast, stop, until } from './processes.ts';

/** A house on a Temporal of its own, with a second worker that reaches the record through the server only. */
export type FullHouse = House & {
  /** kill -9 of the worker elsewhere; resolves when another one takes work. */
  readonly killFarWorker: () => Promise<void>;
  readonly farWorkerPid: () => number | undefined;
};

/** The zone that only the worker elsewhere serves; the last host of the lab is in it. */
const FAR_ZONE = 'dmz';

export async function openFullHouse(
  options: HouseOptions & {
    readonly temporal: FullTemporal;
    /** Where the server lets workers in: an address on loopback, and a port. */
    readonly door: string;
  },
): Promise<FullHouse> {
  const { temporal, door } = options;
  await using parts = new AsyncDisposableStack();
  const where = ['--temporal', temporal.address, '--namespace', temporal.namespace];
  const house = parts.use(
    await openHouse({ ...options, inventory: withFarHost, up: [...where, '--workers', door] }),
  );

  const token = join(house.dataDir, 'worker-token');
  const key = join(house.dataDir, 'sealing-key');
  const zones = ['--zone', `default,${FAR_ZONE}`];
  const far = spawnHoldfast(
    join(house.dataDir, 'far'),
    ['worker', '--server', `http://${door}`, '--token-file', token, '--sealing-key', key, ...zones, ...where],
    options.data?.through,
  );
  parts.defer(() => stop(far));
  const [out, err] = [gather(far.stdout), gather(far.stderr)];
  /** Its workers that have taken work, the latest last. */
  const farWorkers = () => [...err().matchAll(/Worker (\d+) takes work/g)].map(([, pid]) => Number(pid));
  await until('the worker elsewhere takes work', async () => {
    if (far.exitCode !== null) throw new Error(`it ended: ${err()}${out()}`);
    return farWorkers().length > 0 ? true : undefined;
  });

  const everything = parts.move();
  return {
    ...house,
    async killTemporal() {
      await temporal.kill();
      await temporal.start();
    },
    async killFarWorker() {
      const before = farWorkers();
      process.kill(before.at(-1) ?? 0, 'SIGKILL');
      await until('another worker elsewhere takes work', async () =>
        farWorkers().length > before.length ? true : undefined,
      );
    },
    farWorkerPid: () => farWorkers().at(-1),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

async function withFarHost({ lab }: TestLab): Promise<string> {
  const content = parse(await readFile(inventoryOf(lab), 'utf8'));
  const last = lab.hosts.at(-1)?.name ?? '';
  content.all.children.etcd.hosts[last].holdfast_zone = FAR_ZONE;
  const file = join(lab.dir, 'zones.yaml');
  await writeFile(file, stringify(content));
  return file;
}
