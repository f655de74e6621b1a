import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../plan/errors.ts';
import { withFinalFaults } from './faults.ts';

const failing = (error: Error) =>
  withFinalFaults(async () => {
    throw error;
  });

describe('an activity’s fault', () => {
  it('ends the workflow where a newer epoch of the run has overtaken it', async () => {
    const fault = await failing(new HoldfastError('ledger/stale-epoch', 'Old.', 'None.'))().catch(
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(ApplicationFailure);
    expect(fault).toMatchObject({ nonRetryable: true, type: 'ledger/stale-epoch' });
  });

  it('is left as it is, to be tried again, where time may mend it', async () => {
    const full = new HoldfastError('ledger/no-space', 'Full.', 'Free some.');
    await expect(failing(full)()).rejects.toBe(full);
  });
});
