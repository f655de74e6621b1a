/** More hosts than this in one range are a mistake. */
const MOST = 10_000;

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

function itemsOf(range: string): readonly string[] | undefined {
  const digits = /^(\d{1,9}):(\d{1,9})(?::(\d{1,9}))?$/.exec(range);
  if (digits !== null) {
    const [, from = '', to = '', step = '1'] = digits;
    const width = from.startsWith('0') ? from.length : 1;
    return counted(Number(from), Number(to), Number(step), (n) => String(n).padStart(width, '0'));
  }
  const letters = /^([a-zA-Z]):([a-zA-Z])(?::(\d{1,2}))?$/.exec(range);
  if (letters === null) return undefined;
  const [, from = '', to = '', step = '1'] = letters;
  return counted(from.charCodeAt(0), to.charCodeAt(0), Number(step), (n) => String.fromCharCode(n));
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
