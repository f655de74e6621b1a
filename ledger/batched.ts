/** What one call wants, and how it is told what became of it. */
type Call<Want, Got> = {
  readonly want: Want;
  readonly done: (got: Got) => void;
  readonly failed: (error: unknown) => void;
};

export type Settled<Got> =
  | { readonly ok: true; readonly got: Got }
  | { readonly ok: false; readonly error: unknown };

/**
 * One batch at a time is on its way; what is wanted meanwhile, or in the same turn of the event loop, goes together in the
 * next one. A batch is no larger than `most`, unless one call alone is. Where `send` throws, all of its calls fail with it.
 */
export function batched<Want, Got>(options: {
  readonly send: (wants: readonly Want[]) => Promise<readonly Settled<Got>[]>;
  readonly sizeOf: (want: Want) => number;
  readonly most: number;
}): (want: Want) => Promise<Got> {
  let waiting: Call<Want, Got>[] = [];
  let busy = false;

  async function flush(): Promise<void> {
    try {
      while (waiting.length > 0) await sendSome(takeSome());
    } finally {
      busy = false;
    }
  }

  function takeSome(): readonly Call<Want, Got>[] {
    let size = 0;
    const past = waiting.findIndex(({ want }, index) => {
      size += options.sizeOf(want);
      return index > 0 && size > options.most;
    });
    const calls = past < 0 ? waiting : waiting.slice(0, past);
    waiting = past < 0 ? [] : waiting.slice(past);
    return calls;
  }

  async function sendSome(calls: readonly Call<Want, Got>[]): Promise<void> {
    try {
      const answers = await options.send(calls.map(({ want }) => want));
      for (const [index, call] of calls.entries()) {
        const answer = answers[index];
        if (answer?.ok) call.done(answer.got);
        else call.failed(answer?.error ?? new Error('an answer is missing'));
      }
    } catch (error) {
      for (const call of calls) call.failed(error);
    }
  }

  return (want) =>
    new Promise((done, failed) => {
      waiting.push({ want, done, failed });
      if (busy) return;
      busy = true;
      setImmediate(() => void flush());
    });
}
