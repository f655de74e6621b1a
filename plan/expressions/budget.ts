import { Fault } from './failure.ts';
import { LIMITS } from './limits.ts';

/** What is left of an evaluation's cost. */
export class Budget {
  #left: number;

  constructor(cost: number) {
    this.#left = cost;
  }

  /** @throws Fault where it is spent. */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left >= 0) return;
    throw new Fault('This expression takes too long.', {
      mend: 'Work on fewer elements, or compute it in a script and declare its result as an output.',
      final: true,
    });
  }

  /** Charges for a text that is made. @throws Fault where it is too long. */
  text(length: number): void {
    if (length > LIMITS.stringLength) {
      throw new Fault(`This expression makes a text of more than ${LIMITS.stringLength} characters.`, {
        final: true,
      });
    }
    this.spend(1 + length / 16);
  }
}
