import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

test('slots are handed on in order of arrival', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  await slots.take();
  const one = slots.take().then(() => order.push('one'));
  const two = slots.take().then(() => order.push('two'));
  slots.give();
  await one;
  expect(order).toEqual(['one']);
  slots.give();
  await two;
  expect(order).toEqual(['one', 'two']);
});

test('whoever gives up leaves the queue, and takes nothing', async () => {
  const slots = new Slots(1);
  await slots.take();
  const controller = new AbortController();
  const gaveUp = slots.take(controller.signal);
  const next = slots.take();
  controller.abort();
  expect(await gaveUp).toBe(false);
  slots.give();
  expect(await next).toBe(true);
  expect([slots.held, slots.waiting]).toEqual([1, 0]);
});

test('one that is aborted before it asks never holds a slot', async () => {
  const slots = new Slots(1);
  expect(await slots.take(AbortSignal.abort())).toBe(false);
  expect(slots.held).toBe(0);
});

test('a lowered limit holds for those to come, and is never below one', async () => {
  const slots = new Slots(3);
  await slots.take();
  await slots.take();
  slots.lower(0);
  const waits = slots.take();
  slots.give();
  expect([slots.held, slots.waiting]).toEqual([1, 1]);
  slots.give();
  expect(await waits).toBe(true);
});

test('a waiter asks for an idle holder to give back', async () => {
  let asked = 0;
  const slots = new Slots(1, () => {
    asked += 1;
    slots.give();
  });
  await slots.take();
  expect(await slots.take()).toBe(true);
  expect(asked).toBe(1);
});
