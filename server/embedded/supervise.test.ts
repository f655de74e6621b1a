import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type SupervisedEvent, supervise } from './supervise.ts';

/** A process that is there until it is told to end. */
class FakeChild extends EventEmitter {
  readonly pid: number;
  readonly signals: string[] = [];

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  kill(signal: string): boolean {
    this.signals.push(signal);
    this.emit('exit', null, signal);
    return true;
  }
}

function aFamily(over: { readonly failFirst?: boolean } = {}) {
  const children: FakeChild[] = [];
  const events: SupervisedEvent[] = [];
  let failed = over.failFirst !== true;
  const supervised = supervise({
    spawn() {
      if (!failed) {
        failed = true;
        throw new Error('spawn ETXTBSY');
      }
      const child = new FakeChild(children.length + 1);
      children.push(child);
      return child as EventEmitter as ChildProcess;
    },
    changed: (event) => events.push(event),
  });
  return { children, events, supervised };
}

test('one that ends is started again, and told of', async () => {
  const { children, events, supervised } = aFamily();
  children[0]?.emit('exit', 3, null);
  await expect.poll(() => supervised.pid()).toBe(2);
  expect(supervised.restarts()).toBe(1);
  expect(events).toEqual([
    { kind: 'started', pid: 1 },
    { kind: 'ended', why: 'exit status 3' },
    { kind: 'started', pid: 2 },
  ]);
  await supervised.stop(1_000);
});

test('one that is stopped gets TERM and is not started again', async () => {
  const { children, supervised } = aFamily();
  await supervised.stop(1_000);
  expect(children.map((child) => child.signals)).toEqual([['SIGTERM']]);
  expect(supervised.pid()).toBeUndefined();
});

test('a program that can’t be started now is tried again', async () => {
  const { events, supervised } = aFamily({ failFirst: true });
  await expect.poll(() => supervised.pid()).toBe(1);
  expect(events[0]).toEqual({ kind: 'ended', why: 'spawn ETXTBSY' });
  await supervised.stop(1_000);
});
