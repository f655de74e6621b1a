import type { Round } from './harness.ts';

/** The rounds as a table: what was killed, how often, and what came of it. */
export function tableOf(rounds: readonly Round[]): string {
  const names = [...new Set(rounds.map(({ killed }) => killed))];
  const rows = [...names, 'all'].map((name) => {
    const of = name === 'all' ? rounds : rounds.filter(({ killed }) => killed === name);
    const sum = (count: (round: Round) => number) => of.reduce((total, round) => total + count(round), 0);
    return [
      name,
      of.length,
      sum(({ runs }) => runs),
      sum(({ commands }) => commands),
      sum(({ duplicates }) => duplicates.length),
      sum(({ losses }) => losses.length),
      sum(({ unknown }) => unknown),
      sum(({ wrong }) => wrong.length),
      (sum(({ seconds }) => seconds) / Math.max(of.length, 1)).toFixed(1),
    ].map(String);
  });
  const head = [
    'killed',
    'kills',
    'runs',
    'commands',
    'twice',
    'lost',
    'unknown, asked',
    'wrongly ended',
    's a round',
  ];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

export function lineOfRound(round: Round): string {
  const faults = [...round.duplicates, ...round.losses, ...round.wrong];
  const what = `${round.killed} at "${round.moment}" of ${round.line} (${round.host})`;
  const asked = round.unknown > 0 ? `, ${round.unknown} unknown and asked` : '';
  return `${round.seconds.toFixed(1).padStart(5)} s  ${what}: ${faults.length === 0 ? 'as it should' : faults.join('; ')}${asked}`;
}
