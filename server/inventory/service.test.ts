import { expect, test } from 'vitest';
import type { Connected, SshPool } from '../../activities/ssh/ssh.ts';
import { makeInventory } from '../../inventory/inventory.ts';
import { hostName } from '../../plan/ids.ts';
import type { PlanHost } from '../../plan/plan.ts';
import { createInventoryService } from './service.ts';

const HOSTS = Array.from({ length: 60 }, (_, at): PlanHost => {
  const name = hostName(`h${at}`);
  return { name, address: name, port: 22, user: 'ada', zone: 'default', groups: [], vars: {}, ssh: {} };
});

/** Hosts that answer when they are let. */
function silentHosts() {
  const asked: (() => void)[] = [];
  const ssh: SshPool = {
    connect: () =>
      new Promise<Connected>((resolve) => {
        const failure = { kind: 'refused', transient: true, says: 'nobody listens there' } as const;
        asked.push(() => resolve({ ok: false, failure }));
      }),
    async close() {},
  };
  const groups = new Map([['all', HOSTS.map(({ name }) => name)]]);
  const inventory = makeInventory(HOSTS, groups, { files: [], warnings: [], unread: new Map() });
  return { asked, service: createInventoryService({ read: async () => inventory, ssh, clock: () => 0 }) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('twenty hosts are looked at at once, the next when one is done, and each is told of', async () => {
  const { asked, service } = silentHosts();
  const told: number[] = [];
  const all = service.check(undefined, { tell: ({ checked, of }) => told.push(checked / of) });
  await turn();
  expect(asked).toHaveLength(20);
  asked[7]?.();
  await turn();
  expect(asked).toHaveLength(21);
  for (const answer of asked) answer(); // those that are begun meanwhile too: the list grows
  while (told.length < 60) {
    await turn();
    for (const answer of asked) answer();
  }
  expect((await all).map(({ host }) => host)).toEqual(HOSTS.map(({ name }) => name));
  expect(told).toEqual(HOSTS.map((_, at) => (at + 1) / 60));
});

test('who has gone away has no more hosts looked at', async () => {
  const { asked, service } = silentHosts();
  const gone = new AbortController();
  const all = service.check(undefined, { signal: gone.signal });
  await turn();
  gone.abort();
  for (const answer of asked) answer();
  expect(await all).toHaveLength(20);
  expect(asked).toHaveLength(20);
});
