import { describe, expect, test } from 'vitest';
import { dialFailure, label, silent } from './failures.ts';

const place = { name: 'etcd00', user: 'root', host: '10.0.0.1', port: 22 };

test('a host is named with user, address and port, and the way there', () => {
  expect(label(place)).toBe('etcd00 (root@10.0.0.1:22)');
  expect(label({ ...place, host: 'fe80::1', through: 'bastion' })).toBe(
    'etcd00 (root@[fe80::1]:22 through bastion)',
  );
});

describe('an error of the network becomes a kind and a sentence', () => {
  test.each([
    ['ECONNREFUSED', 'refused', true, 'Look whether sshd runs'],
    ['EHOSTUNREACH', 'refused', true, 'no route'],
    ['ENOTFOUND', 'unresolved', false, 'Correct the address in the inventory'],
    ['EAI_AGAIN', 'unresolved', true, 'DNS'],
    ['ETIMEDOUT', 'timed_out', true, 'firewall'],
    ['ECONNRESET', 'lost', true, 'closed the connection'],
    ['EMFILE', 'lost', true, 'too many open files'],
  ])('%s', (code, kind, transient, words) => {
    const failure = dialFailure(place, Object.assign(new Error('too many open files'), { code }));
    expect(failure).toMatchObject({ kind, transient });
    expect(failure.says).toContain('etcd00 (root@10.0.0.1:22): ');
    expect(failure.says).toContain(words);
  });
});

test('a deadline is said in seconds or milliseconds', () => {
  expect(silent(place, 'login', 20_000).says).toContain('within 20 s');
  expect(silent(place, 'keys', 700).says).toContain('within 700 ms');
});
