import type { RunList } from '../../server/api/runs.ts';
import { invalid } from '../exit.ts';
import type { Api } from './api.ts';

const WHOLE = /^r-\d{8}-[0-9a-z]{6}$/;
const LOOKED_THROUGH = 1000;

/** The run that a person means: an id, `@last`, or the beginning of an id or of its last part. Throws `run/unknown`, `run/ambiguous`. */
export async function findRun(api: Api, ref: string): Promise<string> {
  if (WHOLE.test(ref)) return ref;
  const newest = ref === '@last';
  const { runs } = await api.get<RunList>('/api/runs', { limit: newest ? 1 : LOOKED_THROUGH });
  if (newest) {
    const run = runs[0]?.run;
    if (run !== undefined) return run;
    throw invalid('run/unknown', 'There is no run yet.', 'Start one: holdfast run NAME');
  }
  return pickRun(
    ref,
    runs.map(({ run }) => run),
  );
}

export function pickRun(ref: string, runs: readonly string[]): string {
  if (runs.includes(ref)) return ref;
  const meant = runs.filter(
    (run) => run.startsWith(ref) || run.slice(run.lastIndexOf('-') + 1).startsWith(ref),
  );
  const [only, another] = meant;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    throw invalid('run/unknown', `There is no run ${ref}.`, 'See those there are: holdfast runs');
  }
  const some = meant.slice(0, 5).join(', ');
  throw invalid('run/ambiguous', `${ref} could be ${meant.length} runs: ${some}.`, 'Give more of its id.');
}
