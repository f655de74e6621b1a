import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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

  let far: ChildProcess | undefined;
  let closing = false;
  async function startFar(): Promise<void> {
    const token = join(house.dataDir, 'worker-token');
    const zones = ['--zone', `default,${FAR_ZONE}`];
    const child = spawnHoldfast(
      join(house.dataDir, 'far'),
      ['worker', '--server', `http://${door}`, '--token-file', token, ...zones, ...where],
      options.data?.through,
    );
    far = child;
    const [out, err] = [gather(child.stdout), gather(child.stderr)];
    // As whoever runs it would: what dies is started again.
    void once(child, 'exit').then(() => (closing ? undefined : startFar()));
    await until('the worker elsewhere takes work', async () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${err()}${out()}`);
      return err().includes('takes work') || child.signalCode !== null ? true : undefined;
    });
  }
  parts.defer(async () => {
    closing = true;
    if (far !== undefined) await stop(far);
  });
  await startFar();

  const everything = parts.move();
  return {
    ...house,
    async killTemporal() {
      await temporal.kill();
      await temporal.start();
    },
    async killFarWorker() {
      const before = far;
      before?.kill('SIGKILL');
      await until('another worker elsewhere was started', async () => (far === before ? undefined : true));
    },
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
