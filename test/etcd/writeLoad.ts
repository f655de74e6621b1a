import { setTimeout as pause } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';

/** What a client saw that wrote without pause, and asked the next member where one did not answer. */
export type Written = {
  readonly acknowledged: number;
  /** Attempts that no member acknowledged; each was made again, as a key of its own. */
  readonly failed: number;
  /** The longest time from one acknowledged write to the next. */
  readonly longestGapMs: number;
  /** Acknowledged keys that a member does not give back, as `MEMBER KEY`. */
  readonly missing: readonly string[];
};

export type WriteLoad = { readonly stop: () => Promise<Written> };

const EVERY_MS = 10;
/** A client that waits longer for a member has been given up by its caller. */
const ATTEMPT_MS = 400;
/** All keys at once. */
const READ_MS = 60_000;

/** Writes keys one after the other through the first of these members that takes them. */
export function writeLoad(members: readonly Gateway[]): WriteLoad {
  const keys: string[] = [];
  let [stopped, failed, longest, through] = [false, 0, 0, 0];
  let last = performance.now();
  const writing = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const key = `load/${n}`;
      const member = members[through % members.length];
      if (await taken(member, key)) {
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
      for (const member of members) missing.push(...(await missingOn(member, keys)));
      return { acknowledged: keys.length, failed, longestGapMs, missing };
    },
  };
}

async function taken(member: Gateway | undefined, key: string): Promise<boolean> {
  try {
    await member?.post('kv/put', { key: base64(key), value: base64(key) }, ATTEMPT_MS);
    return member !== undefined;
  } catch {
    return false;
  }
}

/** Read from this member's own store, all at once. The first may be refused: it starts with the login of before. */
async function missingOn(member: Gateway, keys: readonly string[]): Promise<readonly string[]> {
  const all = { key: base64('load/'), range_end: base64('load0'), keys_only: true };
  const range = () => member.post('kv/range', all, READ_MS);
  const { kvs = [] } = (await range().catch(range)) as {
    readonly kvs?: readonly { readonly key: string }[];
  };
  const there = new Set(kvs.map(({ key }) => Buffer.from(key, 'base64').toString()));
  return keys.filter((key) => !there.has(key)).map((key) => `${member.url} ${key}`);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
