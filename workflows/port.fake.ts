import type { Entry } from '../ledger/events.ts';
import { type Answer, type MockClock, MockPort } from './mock-port.ts';

export type { Answer };

/** The mocked port for tests of the interpreter: waits pass at once when nothing else can happen. */
export class FakePort extends MockPort {
  constructor(answer: Answer, record: Map<string, Entry> = new Map()) {
    super({ answer, record, clock: hastyClock(record) });
  }
}

function hastyClock(record: ReadonlyMap<string, Entry>): MockClock {
  let now = 1_000_000;
  for (const entry of record.values()) now = Math.max(now, entry.at + 3_600_000); // whoever walks it again comes later
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      if (ms >= 3_600_000) return untilAborted(signal); // gates: a test answers them, or lets them expire by itself
      await Promise.resolve();
      now += ms;
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
