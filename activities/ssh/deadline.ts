/** A caller's signal and a time limit as one signal, with the means to tell which of them fired. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Undefined while neither has. */
  why(): 'time' | 'asked' | undefined;
  /** Takes timer and listener away. */
  release(): void;
};

export function deadline(timeoutMs: number | undefined, asked: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let why: 'time' | 'asked' | undefined;
  const stop = (because: 'time' | 'asked') => {
    why ??= because;
    controller.abort();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs, 'time');
  const onAsked = () => stop('asked');
  if (asked?.aborted === true) onAsked();
  else asked?.addEventListener('abort', onAsked, { once: true });
  return {
    signal: controller.signal,
    why: () => why,
    release: () => {
      clearTimeout(timer);
      asked?.removeEventListener('abort', onAsked);
    },
  };
}
