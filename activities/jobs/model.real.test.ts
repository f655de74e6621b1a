import { expect, it } from 'vitest';
import { search } from './search.ts';

/**
 * The whole search: every interleaving of two workers, two generations, one lost connection and one crash, which is
 * of a worker, a supervisor, the host (with and without what was not yet written), or the run's directory. Some ten
 * seconds each, which is why it stands apart from the quick part in `model.test.ts`.
 */
it.each([
  { memory: false, where: 'on a disk' },
  { memory: true, where: 'in memory' },
])(
  'the job protocol never starts twice and never calls done what is not, whatever happens ($where)',
  ({ memory }) => {
    const found = search({ memory });
    expect(found.counterexample).toBeUndefined();
    expect(found.states).toBeGreaterThan(200_000);
  },
  300_000,
);
