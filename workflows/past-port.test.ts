import { expect, test } from 'vitest';
import { hostName, stepInstance } from '../plan/ids.ts';
import type { RoundRequest } from '../plan/rounds.ts';
import { input, settle, works } from './interpreter/walk.fixture.ts';
import { Past } from './past.ts';
import { PastPort } from './past-port.ts';
import { FakePort } from './port.fake.ts';

const request: RoundRequest = {
  run: input.run,
  epoch: 1,
  plan: input.plan,
  step: stepInstance('one'),
  zone: 'default',
  effect: 'change',
  work: { kind: 'exec', script: { sha256: input.plan, shell: 'sh', includes: [] } },
  env: {},
  tasks: [{ host: hostName('a'), generation: 0, env: {} }],
  outputs: {},
  sensitive: false,
  timeoutMs: 1_000,
};

/** A port whose walk takes a breath, until it is let go on. */
function breathing() {
  const breath = Promise.withResolvers<void>();
  const world = new FakePort(works);
  world.rest = () => breath.promise;
  const port = new PastPort(world, new Past());
  let isThere = false;
  return {
    port,
    goOn: breath.resolve,
    isThere: async () => {
      void port.caughtUp().then(() => {
        isThere = true;
      });
      await settle();
      return isThere;
    },
  };
}

test('a walk that takes a breath on its way has not caught up before it went on', async () => {
  const { port, goOn, isThere } = breathing();
  void port.rest();
  expect(await isThere()).toBe(false);
  goOn();
  expect(await isThere()).toBe(true);
});

test('one that has asked for something new has, also where it takes a breath at each look', async () => {
  const { port, isThere } = breathing();
  await port.round(request, { alone: true, signal: new AbortController().signal });
  void port.rest();
  expect(await isThere()).toBe(true);
});
