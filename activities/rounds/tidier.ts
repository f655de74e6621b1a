import type { Place } from '../jobs/attemptText.ts';
import { emptyText } from '../jobs/stopText.ts';
import type { Connected } from '../ssh/ssh.ts';

const afterMs = 2_000;
const atOnce = 50;

type Heap = { readonly place: Place; readonly connect: () => Promise<Connected>; jobs: string[] };

/**
 * Empties the directories of jobs whose end is recorded, some time later and many in one exec: it must not stand in the
 * way of the next step. What a crash makes it forget goes when the run's directory goes.
 */
export class Tidier {
  readonly #heaps = new Map<string, Heap>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(place: Place, job: string, connect: () => Promise<Connected>): void {
    const key = place.token;
    const heap = this.#heaps.get(key) ?? { place, connect, jobs: [] };
    heap.jobs.push(job);
    this.#heaps.set(key, heap);
    this.#timer ??= setTimeout(() => void this.now(), afterMs).unref();
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const heaps = [...this.#heaps.values()];
    this.#heaps.clear();
    await Promise.all(heaps.map(empty));
  }
}

async function empty(heap: Heap): Promise<void> {
  const connected = await heap.connect();
  if (!connected.ok) return;
  for (let at = 0; at < heap.jobs.length; at += atOnce) {
    await connected.connection.script(emptyText(heap.place, heap.jobs.slice(at, at + atOnce)), {
      timeoutMs: 20_000,
    });
  }
}
