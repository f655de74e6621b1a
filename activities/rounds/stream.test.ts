import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { hostName, runId, stepInstance } from '../../plan/ids.ts';
import { maskingOf } from '../secrets/masking.ts';
import { HeldStream, StreamKeeper } from './stream.ts';

const KEY = {
  run: runId('r'),
  step: stepInstance('s'),
  host: hostName('h'),
  generation: 0,
  stream: 'out',
} as const;
const forms: Buffer[] = [];
let ledger: OpenLedger;
beforeEach(() => {
  ledger = openLedger({ path: ':memory:' });
  forms.length = 0;
});
afterEach(() => ledger.close());

function held(known: () => boolean): HeldStream {
  return new HeldStream(
    new StreamKeeper(
      ledger.logs,
      KEY,
      0,
      maskingOf(() => forms),
    ),
    known,
  );
}
async function stored(): Promise<string> {
  return Buffer.from(await ledger.logs.read(KEY, 0, 1_000_000)).toString();
}

test('a held stream is stored at its end, without what is known only then', async () => {
  const stream = held(() => true);
  await stream.push(Buffer.from('it is can'));
  await stream.push(Buffer.from('ary, as asked\n'));
  expect(await stored()).toBe('');
  forms.push(Buffer.from('canary'));
  expect(await stream.end(false)).toMatchObject({ bytes: 23 });
  expect(await stored()).toBe('it is ******, as asked\n');
  expect(stream.tail()).toBe('it is ******, as asked\n');
});

test('who takes over writes the same to the same place', async () => {
  forms.push(Buffer.from('canary'));
  for (let worker = 0; worker < 2; worker += 1) {
    const stream = held(() => true);
    await stream.push(Buffer.from('a canary\n'));
    expect(await stream.end(false)).toMatchObject({ bytes: 9 });
  }
  expect(await stored()).toBe('a ******\n');
});

test('nothing is kept where it is not known what must not be seen', async () => {
  const stream = held(() => false);
  await stream.push(Buffer.from('canary'));
  expect(await stream.end(false)).toBeUndefined();
  expect(await stored()).toBe('');
  expect(stream.tail()).toBe('');
});

test('of a long one the beginning is kept, and said to be cut', async () => {
  const stream = held(() => true);
  for (let piece = 0; piece < 5; piece += 1) await stream.push(Buffer.alloc(100_000, 'x'));
  expect(await stream.end(false)).toMatchObject({ bytes: 256 * 1024, truncated: true });
});
