import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '../../ledger/open.ts';
import { dataFiles } from '../../server/embedded/dataDir.ts';
import { type House, type HouseOptions, openHouse } from '../support/house.ts';
import { type Round, round } from './harness.ts';
import { makeHoldable } from './hostHold.ts';
import { SCENARIO } from './scenario.ts';
import type { Volley } from './shots.ts';
import { watchWorkers } from './watcher.ts';

export type Scene = AsyncDisposable & { readonly play: (volley: Volley) => Promise<Round> };

/** A house whose workers are watched and whose hosts can hold their jobs. */
export async function openScene(options: {
  readonly net: number;
  readonly hosts: number;
  /** Of what is on hosts, so many are killed at once. */
  readonly struckAtOnce: number;
  /** Left out: the usual one. */
  readonly openHouse?: (options: HouseOptions) => Promise<House>;
}): Promise<Scene> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-crash-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  await mkdir(data);
  const watcher = parts.use(await watchWorkers(join(folder, 'watch')));
  const house = parts.use(
    await (options.openHouse ?? openHouse)({
      net: options.net,
      hosts: options.hosts,
      runbooks: { 'crash.yaml': SCENARIO },
      data: { folder: data, inside: data, through: ['env', `HOLDFAST_WATCH=${watcher.path}`] },
    }),
  );
  const { lab } = house.lab;
  for (const host of lab.hosts) await makeHoldable(lab, host);
  const ledger = openLedger({ path: dataFiles(house.dataDir).ledger });
  parts.defer(() => ledger.close());
  const everything = parts.move();
  return {
    play: (volley) => round({ house, ledger }, watcher, volley, options.struckAtOnce),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}
