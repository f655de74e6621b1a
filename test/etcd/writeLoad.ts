import { setTimeout as pause } from 'node:timers/promises';

/** What a client saw that wrote without pause, and asked the next member where one did not answer. */
export type Written = {
  readonly acknowledged: number;
  /** Attempts that no member acknowledged; each was made again, as a key of its own. */
  readonly failed: number;
  /** The longest time from one acknowledged write to the next. */
  readonly longestGapMs: number;
  /** Acknowledged keys that a member does not give back, as `CLIENT KEY`. */
  readonly missing: readonly string[];
};

export type WriteLoad = { readonly stop: () => Promise<Written> };

const EVERY_MS = 10;
/** A client that waits longer for a member has been given up by its caller. */
const ATTEMPT_MS = 400;

/** Writes keys one after the other through the first of these members that takes them. `api`: `v3`, `v3beta` on 3.3. */
export function writeLoad(api: string, clients: readonly string[]): WriteLoad {
  const keys: string[] = [];
  let [stopped, failed, longest, through] = [false, 0, 0, 0];
  let last = performance.now();
  const writing = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const key = `load/${n}`;
      const client = clients[through % clients.length] ?? '';
      if (await put(`${client}/${api}/kv/put`, key)) {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        keys.push(key);
      } else {
        failed += 1;
        through += 1;
      }
      await pause(EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await writing;
      const longestGapMs = Math.round(Math.max(longest, performance.now() - last));
      const missing: string[] = [];
      for (const client of clients) missing.push(...(await missingOn(`${client}/${api}/kv/range`, keys)));
      return { acknowledged: keys.length, failed, longestGapMs, missing };
    },
  };
}

async function put(url: string, key: string): Promise<boolean> {
  const body = JSON.stringify({ key: base64(key), value: base64(key) });
  const signal = AbortSignal.timeout(ATTEMPT_MS);
  return fetch(url, { method: 'POST', body, signal }).then(
    async (answer) => {
      await answer.text();
      return answer.ok;
    },
    () => false,
  );
}

/** Read from this member's own store, all at once. */
async function missingOn(url: string, keys: readonly string[]): Promise<readonly string[]> {
  const body = JSON.stringify({ key: base64('load/'), range_end: base64('load0'), keys_only: true });
  const answer = await fetch(url, { method: 'POST', body });
  const { kvs = [] } = (await answer.json()) as { readonly kvs?: readonly { readonly key: string }[] };
  const there = new Set(kvs.map(({ key }) => Buffer.from(key, 'base64').toString()));
  return keys.filter((key) => !there.has(key)).map((key) => `${url} ${key}`);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
