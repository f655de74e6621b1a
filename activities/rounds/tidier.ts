import type { Place } from '../jobs/attemptText.ts';
import { emptyText } from '../jobs/stopText.ts';
import type { Connected } from '../ssh/ssh.ts';

const afterMs = 2_000;
const atOnce = 50;
const askWithinMs = 20_000;

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

  /** One job's now, in so many milliseconds; where that is too short it waits as the others do. */
  async atOnce(place: Place, job: string, connect: Heap['connect'], withinMs: number): Promise<void> {
    if (!(await empty({ place, connect, jobs: [job] }, Math.min(withinMs, askWithinMs))))
      this.add(place, job, connect);
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const heaps = [...this.#heaps.values()];
    this.#heaps.clear();
    await Promise.all(heaps.map((heap) => empty(heap, askWithinMs)));
  }
}

/** Answers whether the host could be asked. */
async function empty(heap: Heap, withinMs: number): Promise<boolean> {
  const connected = await heap.connect();
  if (!connected.ok) return false;
  let asked = true;
  for (let at = 0; at < heap.jobs.length; at += atOnce) {
    const script = emptyText(heap.place, heap.jobs.slice(at, at + atOnce));
    asked = (await connected.connection.script(script, { timeoutMs: withinMs })).ended && asked;
  }
  return asked;
}
