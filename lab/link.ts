import type { Socket } from 'node:net';

/** How the way to one host is at the moment. */
export type LinkState = { readonly cut: boolean; readonly delayMs: number };

/**
 * Passes on what `from` sends to `to`, late by the link's delay and in order. While the link is cut nothing passes, neither
 * data nor an end; what was on its way arrives after the healing, as TCP would send it again.
 */
export function passOn(from: Socket, to: Socket, state: () => LinkState): { readonly update: () => void } {
  const waiting: { readonly due: number; readonly chunk: Buffer | 'end' }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function accept(chunk: Buffer | 'end'): void {
    const due = Math.max(performance.now() + state().delayMs, waiting.at(-1)?.due ?? 0);
    waiting.push({ due, chunk });
    deliver();
  }

  function deliver(): void {
    clearTimeout(timer);
    while (!state().cut) {
      const next = waiting[0];
      if (next === undefined) return;
      const wait = next.due - performance.now();
      if (wait > 0) {
        timer = setTimeout(deliver, wait);
        return;
      }
      waiting.shift();
      if (next.chunk === 'end') to.end();
      else if (!to.write(next.chunk)) from.pause();
    }
    from.pause();
  }

  from.setNoDelay(true);
  from.on('data', accept);
  from.once('end', () => accept('end'));
  from.once('error', () => to.destroy());
  to.on('drain', () => from.resume());
  to.once('close', () => {
    clearTimeout(timer);
    from.destroy();
  });
  return {
    update: () => {
      if (!state().cut) from.resume();
      deliver();
    },
  };
}
