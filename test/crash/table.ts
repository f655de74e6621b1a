import type { Round, Struck } from './harness.ts';
import { KILLED } from './killers.ts';
import { MOMENTS } from './moments.ts';

const HEAD = [
  'point',
  'killed',
  'strikes',
  'kills',
  'runs',
  'at the point',
  'twice',
  'lost',
  'unknown, asked',
  'wrongly ended',
] as const;

/** The rounds as a table: at which point, what was killed, how often, and what came of it. */
export function tableOf(rounds: readonly Round[]): string {
  const all = rounds.flatMap(({ struck }) => struck);
  const cells = MOMENTS.flatMap((moment) =>
    KILLED.map((killed) => ({
      names: [moment, killed],
      of: all.filter((one) => one.moment === moment && one.killed === killed),
    })),
  );
  const sums = KILLED.map((killed) => ({
    names: ['all', killed],
    of: all.filter((one) => one.killed === killed),
  }));
  const rows = [...cells, ...sums, { names: ['all', 'all'], of: all }].filter(({ of }) => of.length > 0);
  const sum = (count: (round: Round) => number) => rounds.reduce((total, round) => total + count(round), 0);
  const seconds = sum((round) => round.seconds);
  return [
    laidOut([[...HEAD], ...rows.map(({ names, of }) => [...names, ...figures(of)])]),
    `${rounds.length} rounds, ${sum(({ commands }) => commands)} commands, of which ${sum(({ traces }) => traces)} traces were held against the model; ${(seconds / Math.max(1, all.length)).toFixed(1)} s a strike`,
  ].join('\n');
}

function figures(of: readonly Struck[]): readonly string[] {
  const sum = (count: (one: Struck) => number) => of.reduce((total, one) => total + count(one), 0);
  return [
    of.length,
    sum(({ kills }) => kills),
    sum(({ runs }) => runs),
    sum(({ there }) => there),
    sum(({ duplicates }) => duplicates.length),
    sum(({ losses }) => losses.length),
    sum(({ unknown }) => unknown),
    sum(({ wrong }) => wrong.length),
  ].map(String);
}

function laidOut(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** Twice, lost, and whatever else is not as it should be. */
export function faultsOf({ struck }: Round): readonly string[] {
  return struck.flatMap(({ duplicates, losses, wrong }) => [
    ...duplicates.map((what) => `twice: ${what}`),
    ...losses.map((what) => `lost: ${what}`),
    ...wrong.map((what) => `wrong: ${what}`),
  ]);
}

/** A round in a few lines: one for each shot, and one for each fault. */
export function linesOf(round: Round): readonly string[] {
  const shots = round.struck.map(({ killed, kills, moment, line, there, runs, unknown }) => {
    const asked = unknown > 0 ? `, ${unknown} unknown and asked` : '';
    return `${killed}${kills > 1 ? ` × ${kills}` : ''} at "${moment}" of ${line}: ${there} there, ${runs} runs${asked}`;
  });
  const faults = faultsOf(round);
  return [
    `${round.seconds.toFixed(1)} s, ${faults.length === 0 ? 'as it should' : `${faults.length} faults`}`,
    ...shots,
    ...faults,
  ];
}
