/** More hosts than this in one range are a mistake. */
const MOST = 10_000;

/** The hosts that a name of an inventory file means, and the port behind it: `etcd[01:03].example:2222`. */
export type HostRange = { readonly names: readonly string[]; readonly port?: number };

/** Undefined where the name can't be read: a range that is none. Whether the names can be hosts is another matter. */
export function expandHosts(written: string): HostRange | undefined {
  const port = /^([^:[\]]*(?:\[[^\]]*\][^:[\]]*)*):(\d{1,5})$/.exec(written);
  const names = expandRange(port?.[1] ?? written);
  if (names === undefined) return undefined;
  return port === null ? { names } : { names, port: Number(port[2]) };
}

/**
 * The names of `etcd[01:03].example` or `node[a:c]`, both ends included, `[1:9:2]` with a step; as Ansible's inventories have them.
 * A name without a range is itself. Undefined where a range is none.
 */
export function expandRange(name: string): readonly string[] | undefined {
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(name);
  if (match === null) return /[[\]]/.test(name) ? undefined : [name];
  const [, before = '', range = '', after = ''] = match;
  const items = itemsOf(range);
  const rest = expandRange(after);
  if (items === undefined || rest === undefined || items.length * rest.length > MOST) return undefined;
  return items.flatMap((item) => rest.map((end) => before + item + end));
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function itemsOf(range: string): readonly string[] | undefined {
  const digits = /^(\d{0,9}):(\d{1,9})(?::(\d{1,9}))?$/.exec(range);
  if (digits !== null) {
    const [, begin = '', to = '', step = '1'] = digits;
    const from = begin === '' ? '0' : begin;
    const padded = from.length > 1 && from.startsWith('0');
    // [01:100] could mean either 001 or 01: Ansible refuses it too.
    if (padded && from.length !== to.length) return undefined;
    const width = padded ? from.length : 1;
    return counted(Number(from), Number(to), Number(step), (n) => String(n).padStart(width, '0'));
  }
  const letters = /^([a-zA-Z]):([a-zA-Z])(?::(\d{1,2}))?$/.exec(range);
  if (letters === null) return undefined;
  const [, from = '', to = '', step = '1'] = letters;
  return counted(LETTERS.indexOf(from), LETTERS.indexOf(to), Number(step), (n) => LETTERS[n] ?? '');
}

function counted(
  from: number,
  to: number,
  step: number,
  name: (n: number) => string,
): readonly string[] | undefined {
  if (step < 1 || to < from || (to - from) / step > MOST) return undefined;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => name(from + i * step));
}
