import { expect, test } from 'vitest';
import { freePort } from './freePort.ts';
import { temporalAnswers } from './temporal.ts';

test('where no Temporal is at the named address, the address is said and what to do, not the log of our own', async () => {
  const address = `127.0.0.1:${await freePort(undefined)}`;
  const complaint = await temporalAnswers({ address, namespace: 'default' }, 50).catch(
    (error: unknown) => error,
  );
  expect(complaint).toMatchObject({
    code: 'engine/unreachable',
    mend: expect.stringContaining('--temporal'),
  });
  expect(complaint).toMatchObject({
    message: expect.stringMatching(/^No Temporal answered at [\d.:]+ within \d+ s\.$/),
  });
  const own = await temporalAnswers({ address, namespace: 'default' }, 50, '/data/temporal.log').catch(
    (error: unknown) => error,
  );
  expect(own).toMatchObject({ mend: 'See /data/temporal.log.' });
});
