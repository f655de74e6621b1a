import type { RunId } from '../../plan/ids.ts';
import type { LookedFor } from '../../plan/rounds.ts';
import { isFull, type Room } from '../doctor/room.ts';
import type { Looked } from '../engine/engine.ts';

type Told = Pick<Looked, 'lookedFor' | 'hindered'>;

/** What keeps open runs from going on and stands in no record, as the sweeper last saw it. */
export type Hindrances = {
  /** In words, what keeps this run from going on. `now`: milliseconds since the epoch. */
  of(run: RunId, now: number): readonly string[];
  lookedFor(run: RunId): readonly LookedFor[];
  saw(run: RunId, told: Told | undefined): void;
  sawEngine(answers: boolean, at: number): void;
  sawRoom(rooms: readonly Room[]): void;
};

export function createHindrances(): Hindrances {
  const runs = new Map<RunId, Told>();
  let silentSince: number | undefined;
  let full: readonly Room[] = [];
  return {
    of(run, now) {
      const { hindered } = runs.get(run) ?? {};
      return [
        ...full.map(noRoom),
        ...(silentSince === undefined ? [] : [silent(now - silentSince)]),
        ...(hindered === undefined ? [] : [hindered]),
      ];
    },
    lookedFor: (run) => (silentSince === undefined ? (runs.get(run)?.lookedFor ?? []) : []),
    saw(run, told) {
      if (told) runs.set(run, told);
      else runs.delete(run);
    },
    sawEngine(answers, at) {
      silentSince = answers ? undefined : (silentSince ?? at);
    },
    sawRoom(rooms) {
      full = rooms.filter(isFull);
    },
  };
}

/** What a full disk means, with the figure. */
export function noRoom({ folder, holds, freeBytes }: Room): string {
  const what = holds.length === 0 ? 'the logs' : holds.join(' and ');
  return `no space is left for ${what} in ${folder} (${Math.floor(freeBytes / 1024)} KiB free): runs wait until there is, commands on hosts run on`;
}

function silent(ms: number): string {
  const time = ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
  return `Temporal has not answered for ${time}: runs wait until it does, commands on hosts run on`;
}
