import { expect, it } from 'vitest';
import { search } from './search.ts';

/**
 * The whole search: every interleaving of two workers, two generations, one lost connection and one crash, which is
 * of a worker, a supervisor, the host (with and without what was not yet written), or the run's directory. It takes most of
 * a minute, which is why it stands apart from the quick part in `model.test.ts`. Where the directory is in memory, only a
 * reboot differs: it takes it away. There a crash is enough.
 */
it.each([
  { memory: false, losses: 1, where: 'on a disk', states: 700_000 },
  { memory: true, losses: 0, where: 'in memory', states: 100_000 },
])(
  'the job protocol never starts twice and never calls done what is not, whatever happens ($where)',
  ({ memory, losses, states }) => {
    const found = search({ memory }, { losses });
    expect(found.counterexample).toBeUndefined();
    expect(found.states).toBeGreaterThan(states);
  },
  900_000,
);
