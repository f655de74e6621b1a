import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectionTo, TEMPORAL_OPTIONS, temporalArguments, temporalTarget } from './temporalTarget.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-temporal-'));
});
afterEach(() => rm(folder, { recursive: true }));

function parsed(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options: TEMPORAL_OPTIONS, strict: true });
  return temporalTarget(values, values.temporal ?? '', values.namespace ?? '');
}

test('an address alone is reached without TLS', () => {
  expect(connectionTo(temporalTarget({}, 'h:7233', 'n'))).toEqual({ address: 'h:7233' });
});

test('an API key is sent over TLS only', async () => {
  const file = join(folder, 'key');
  await writeFile(file, 'secret\n');
  const target = temporalTarget({ 'temporal-api-key-file': file }, 'h:7233', 'n');
  expect(connectionTo(target)).toEqual({ address: 'h:7233', tls: {}, apiKey: 'secret' });
});

test('what was given reaches another process through its arguments', () => {
  const given = {
    'temporal-tls-ca': '/ca',
    'temporal-tls-cert': '/cert',
    'temporal-tls-key': '/key',
    'temporal-tls-server-name': 'temporal',
    'temporal-api-key-file': '/api',
  };
  for (const options of [given, { 'temporal-tls': true }, {}]) {
    const target = temporalTarget(options, 'h:7233', 'n');
    expect(parsed(temporalArguments(target))).toEqual(target);
  }
});

test('a certificate without its key is refused, and a file that is not there is named', () => {
  expect(() => temporalTarget({ 'temporal-tls-cert': '/c' }, 'h:1', 'n')).toThrow(
    expect.objectContaining({ code: 'temporal/options' }),
  );
  const target = temporalTarget({ 'temporal-tls-ca': join(folder, 'none') }, 'h:1', 'n');
  expect(() => connectionTo(target)).toThrow(expect.objectContaining({ code: 'temporal/file' }));
});
