import { expect, test } from 'vitest';
import { encodeBody } from './encodeBody.ts';
import { explain } from './failures.ts';
import { performRequest } from './performRequest.ts';

test('no body is no body, and an empty text is one', () => {
  expect(encodeBody(undefined)).toBeUndefined();
  expect(encodeBody({ text: '' })?.bytes.length).toBe(0);
});

test('text is sent as UTF-8', () => {
  expect(encodeBody({ text: 'é' })?.bytes.toString('hex')).toBe('c3a9');
});

test.each(['', 'etcd00:2379/health', 'ftp://etcd00/x', '/health'])('"%s" is no URL to ask', async (url) => {
  expect(await performRequest({ method: 'GET', url, headers: {} })).toMatchObject({
    ok: false,
    sent: false,
    transient: false,
  });
});

test.each([
  ['ENOTFOUND', false],
  ['EAI_AGAIN', true],
  ['ECONNRESET', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false],
])('%s may pass by itself: %s', (code, transient) => {
  const said = explain(
    new URL('https://op:hidden@etcd00/x?token=hidden'),
    Object.assign(new Error('no'), { code }),
  );
  expect(said).toMatchObject({ transient });
  expect(said.says).toMatch(/^https:\/\/etcd00\/x: /);
});
