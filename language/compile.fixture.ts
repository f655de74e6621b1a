import { type Inventory, makeInventory } from '../inventory/inventory.ts';
import { hostName } from '../plan/ids.ts';
import type { PlanHost } from '../plan/plan.ts';
import { type CompileRequest, type CompileResult, compile } from './compile.ts';
import { textLibrary } from './load/library.ts';

function host(name: string, address: string): PlanHost {
  return {
    name: hostName(name),
    address,
    port: 22,
    user: 'alice',
    zone: 'default',
    groups: [name.replace(/\d+$/, '')],
    home: `/home/${name}`,
    vars: {},
    ssh: {},
  };
}

const etcd = ['etcd00', 'etcd01', 'etcd02'].map(hostName);
const web = ['web1', 'web2'].map(hostName);

/** Three hosts in a group etcd, two in a group web. */
export const fiveHosts: Inventory = makeInventory(
  [...etcd, ...web].map((name, i) => host(name, `127.81.0.${i + 3}`)),
  new Map([
    ['all', [...etcd, ...web]],
    ['etcd', etcd],
    ['web', web],
    ['ungrouped', []],
  ]),
);

/** Compiles `main.yaml` (named main) of these files for the five hosts. */
export function compileTexts(
  files: { readonly [file: string]: string },
  request: Partial<CompileRequest> = {},
): CompileResult {
  return compile({
    runbook: 'main',
    library: textLibrary(files),
    inventory: fiveHosts,
    inputs: {},
    onFailure: 'hold',
    ...request,
  });
}

/** A runbook of these steps, from line 4 on. */
export function runbookOf(steps: string, head = ''): string {
  return `holdfast: 1\nname: main\n${head}steps:\n${steps}`;
}

/** What was found, a line for each: `line:column code`, or with the message and mend. */
export function found(result: CompileResult): readonly string[] {
  const complaints = result.ok ? result.warnings : result.complaints;
  return complaints.map((each) => `${each.line}:${each.column} ${each.code}: ${each.message} → ${each.mend}`);
}
