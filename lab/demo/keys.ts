/** Keys of the demo: written through etcd's HTTP gateway, remembered where acknowledged, read back from every member. */

/** The gateway's prefix: `v3beta` on 3.3. */
export type Api = 'v3' | 'v3beta' | 'v2';
export type Key = { readonly api: Api; readonly name: string; readonly value: string };

const TIMEOUT_MS = 10_000;
const AT_ONCE = 25;

/** Writes `count` keys through the members in turn; answers those that were acknowledged. */
export async function writeKeys(
  api: Api,
  clients: readonly string[],
  prefix: string,
  count: number,
): Promise<readonly Key[]> {
  const keys = Array.from(
    { length: count },
    (_, at): Key => ({ api, name: `${prefix}${at}`, value: `value of ${prefix}${at}` }),
  );
  const acknowledged = await inBatches(keys, async (key, at) => {
    const client = clients[at % clients.length] ?? '';
    return (await put(client, key).catch(() => false)) ? [key] : [];
  });
  return acknowledged.flat();
}

/** Those that a member does not give back as they were written. */
export async function missingOn(client: string, keys: readonly Key[]): Promise<readonly Key[]> {
  const missing = await inBatches(keys, async (key) =>
    (await get(client, key).catch(() => undefined)) === key.value ? [] : [key],
  );
  return missing.flat();
}

async function put(client: string, key: Key): Promise<boolean> {
  if (key.api === 'v2') {
    const body = new URLSearchParams({ value: key.value });
    return (await fetch(`${client}/v2/keys/${key.name}`, { method: 'PUT', body, signal: soon() })).ok;
  }
  const body = JSON.stringify({ key: base64(key.name), value: base64(key.value) });
  return (await fetch(`${client}/${key.api}/kv/put`, { method: 'POST', body, signal: soon() })).ok;
}

async function get(client: string, key: Key): Promise<string | undefined> {
  if (key.api === 'v2') {
    const answer = (await (await fetch(`${client}/v2/keys/${key.name}`, { signal: soon() })).json()) as {
      readonly node?: { readonly value?: string };
    };
    return answer.node?.value;
  }
  // Serializable: what this member itself holds, not what the leader says.
  const body = JSON.stringify({ key: base64(key.name), serializable: true });
  const answer = (await (
    await fetch(`${client}/${key.api}/kv/range`, { method: 'POST', body, signal: soon() })
  ).json()) as { readonly kvs?: readonly { readonly value: string }[] };
  const value = answer.kvs?.[0]?.value;
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}

async function inBatches<T, R>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(
      ...(await Promise.all(items.slice(at, at + AT_ONCE).map((item, offset) => work(item, at + offset)))),
    );
  }
  return results;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function soon(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}
