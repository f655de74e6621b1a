import { execFileSync } from 'node:child_process';
import { loadInventory } from '../inventory/load.ts';
import type { Json } from '../plan/json.ts';
import type { PlanHost } from '../plan/plan.ts';

/**
 * Compares what is read of inventories with what Ansible reads of them: hosts, groups, variables, and how hosts are reached.
 *
 *     npx node test/compare-inventory.ts [--ansible-inventory PROGRAM] INVENTORY…
 *
 * Says how many values are alike and lists every difference; those that docs/inventory.md explains are only counted. Ends with 1
 * where another one is left. Each INVENTORY is read by itself.
 */

type Listed = { readonly [group: string]: { readonly hosts?: string[]; readonly children?: string[] } } & {
  readonly _meta: { readonly hostvars: { readonly [host: string]: { readonly [name: string]: Json } } };
};

const args = process.argv.slice(2);
const named = args[0] === '--ansible-inventory' ? args.splice(0, 2)[1] : undefined;
let left = 0;
for (const path of args) left += await compare(path, named ?? 'ansible-inventory');
process.exitCode = left === 0 ? 0 : 1;

async function compare(path: string, program: string): Promise<number> {
  const loaded = await loadInventory([path], { user: 'me' });
  if (!loaded.ok) {
    console.log(`${path}: not read`);
    for (const { file, line, code, message } of loaded.complaints)
      console.log(`  ${file}:${line} ${code} ${message}`);
    return 1;
  }
  const { hosts, groups, origin } = loaded.inventory;
  const out = execFileSync(program, ['-i', path, '--list'], {
    maxBuffer: 64_000_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const listed = JSON.parse(out.toString()) as Listed;
  const explained = new Map<string, number>();
  const differences: string[] = [];
  let alike = 0;
  const explain = (why: string) => explained.set(why, (explained.get(why) ?? 0) + 1);

  const ours = new Map<string, PlanHost>(hosts.map((host) => [host.name, host]));
  const leftOut = new Set(
    [...Object.entries(listed._meta.hostvars)].flatMap(([name, vars]) =>
      vars.ansible_connection === undefined || /ssh|smart/.test(String(vars.ansible_connection))
        ? []
        : [name],
    ),
  );
  for (const name of membersOf(listed, 'all', new Set())) {
    const host = ours.get(name);
    const theirs = listed._meta.hostvars[name] ?? {};
    if (host === undefined && leftOut.has(name)) explain('host that is not reached by ssh: left out');
    else if (host === undefined) differences.push(`host ${name} is missing`);
    else compareVariables(host, theirs);
    ours.delete(name);
  }
  for (const name of ours.keys()) differences.push(`host ${name} is there, Ansible has none`);

  for (const group of Object.keys(listed).filter((name) => name !== '_meta')) {
    const theirs = [...membersOf(listed, group, new Set())].filter((name) => !leftOut.has(name)).sort();
    const own = [...(groups.get(group) ?? [])].sort();
    if (JSON.stringify(theirs) === JSON.stringify(own)) alike += 1;
    else differences.push(`group ${group}: ${own} instead of ${theirs}`);
  }

  console.log(
    `${path}: ${hosts.length} hosts, ${groups.size} groups; ${alike} alike, ${differences.length} different`,
  );
  for (const [why, count] of explained) console.log(`  explained: ${why}: ${count}`);
  for (const difference of differences.slice(0, 40)) console.log(`  DIFFERENT ${difference}`);
  return differences.length;

  function compareVariables(host: PlanHost, theirs: { readonly [name: string]: Json }): void {
    const reached = [
      ['address', theirs.ansible_ssh_host ?? theirs.ansible_host ?? host.name, host.address],
      ['port', theirs.ansible_ssh_port ?? theirs.ansible_port ?? 22, host.port],
      ['user', theirs.ansible_ssh_user ?? theirs.ansible_user ?? 'me', host.user],
    ] as const;
    for (const [what, his, own] of reached)
      if (String(his) === String(own)) alike += 1;
      else differences.push(`${what} of ${host.name}: ${own} instead of ${JSON.stringify(his)}`);
    const names = new Set([...Object.keys(theirs), ...Object.keys(host.vars)]);
    for (const name of names) {
      if (/^(ansible|holdfast)_/.test(name)) continue;
      const own = host.vars[name];
      const why =
        Object.is(own, undefined) && origin.unread.has(name) ? 'only Ansible can read it' : undefined;
      if (why !== undefined) explain(why);
      else if (same(own, theirs[name])) alike += 1;
      else if (sameButNumbers(own, theirs[name])) explain('number kept as it is written');
      else
        differences.push(
          `${name} of ${host.name}: ${JSON.stringify(own)} instead of ${JSON.stringify(theirs[name])}`,
        );
    }
  }
}

function membersOf(listed: Listed, group: string, into: Set<string>): Set<string> {
  for (const host of listed[group]?.hosts ?? []) into.add(host);
  for (const child of listed[group]?.children ?? []) membersOf(listed, child, into);
  return into;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return canonical(a, String) === canonical(b, String);
}

/** A text here, a number or a date there; and numbers that are alike. */
function sameButNumbers(a: Json | undefined, b: Json | undefined): boolean {
  const read = (text: string) =>
    text.trim() !== '' && Number.isFinite(Number(text.replaceAll('_', '')))
      ? String(Number(text.replaceAll('_', '')))
      : text;
  if (canonical(a, read) === canonical(b, read)) return true;
  return typeof a === 'string' && typeof b === 'number' && /^[+-]?0[0-7_]+$|^[+-]?0[xob]|:/i.test(a);
}

function canonical(value: Json | undefined, text: (text: string) => string): string {
  if (typeof value === 'string') return JSON.stringify(text(value));
  if (typeof value === 'number') return text === String ? String(value) : JSON.stringify(text(String(value)));
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, text))}]`;
  const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, text)}`)}}`;
}
