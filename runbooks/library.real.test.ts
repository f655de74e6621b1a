import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeInventory } from '../inventory/inventory.ts';
import { compile } from '../language/compile.ts';
import { folderLibrary } from '../language/load/library.ts';
import { printComplaint } from '../plan/complaints.ts';
import { hostName } from '../plan/ids.ts';
import type { PlanHost } from '../plan/plan.ts';

const HERE = import.meta.dirname;
const HOSTS = ['etcd00', 'etcd01', 'etcd02', 'etcd03'].map(host);
const NAMES = HOSTS.map((each) => each.name);
const INVENTORY = makeInventory(
  HOSTS,
  new Map([
    ['all', NAMES],
    ['etcd', NAMES.slice(0, 3)],
    ['ungrouped', NAMES.slice(3)],
  ]),
);
const INPUTS: { readonly [runbook: string]: { readonly [name: string]: string } } = {
  'etcd/add-member': { joiner: 'etcd03' },
  'etcd/change-version': { member: 'etcd01', to: '3.5.35' },
  'etcd/downgrade': { to: '3.5.35' },
  'etcd/fix-peer-url': { member: 'etcd01' },
  'etcd/remove-member': { leaver: 'etcd01' },
  'etcd/replace-member': { old: 'etcd01', new: 'etcd03' },
  'etcd/restore-snapshot': { source: 'etcd01', file: '/srv/snapshot.db' },
  'etcd/scale': { to: 'etcd01' },
  'etcd/upgrade': { to: '3.5.35' },
};

const library = folderLibrary([HERE]);
const runbooks = library
  .names()
  .filter((name) => readFileSync(join(HERE, `${name}.yaml`), 'utf8').startsWith('holdfast:'));

it.each(runbooks)('%s compiles for three members, without a warning', (runbook) => {
  const inputs = INPUTS[runbook] ?? {};
  const result = compile({ runbook, library, inventory: INVENTORY, inputs, onFailure: 'hold' });
  expect((result.ok ? result.warnings : result.complaints).map(printComplaint)).toEqual([]);
});

it.each(recoveries())(
  'the report of %s, which triage names, ends with before, done, after, lost, copies',
  (runbook) => {
    const inputs = INPUTS[runbook] ?? {};
    const result = compile({ runbook, library, inventory: INVENTORY, inputs, onFailure: 'hold' });
    const unit = result.ok ? result.compiled.plan.units[runbook] : undefined;
    const account = unit?.steps.find(({ id }) => id === unit.report.at(-1));
    expect(account?.kind === 'set' && account.values.map(([name]) => name)).toEqual([
      'before',
      'done',
      'after',
      'lost',
      'copies',
    ]);
  },
);

function recoveries(): readonly string[] {
  const [, named = ''] =
    /^ {2}runbook: >-\n((?: {4}.*\n)+)/m.exec(readFileSync(join(HERE, 'etcd/triage.yaml'), 'utf8')) ?? [];
  return [...new Set([...named.matchAll(/etcd\/[a-z-]+/g)].map(([name]) => name))];
}

it.each(runbooks)('%s says when, what it changes, and what can go wrong', (runbook) => {
  const [, docs = ''] =
    /^docs: \|\n((?: {2}.*\n)+)/m.exec(readFileSync(join(HERE, `${runbook}.yaml`), 'utf8')) ?? [];
  expect(docs).toMatch(/^ *When: /m);
  expect(docs).toMatch(/^ *(Changes|What it changes)\b/m);
  expect(docs).toMatch(/^ *(Can|What can) go wrong: /m);
});

it('every verdict of etcd/triage stands in the table of its page, and has advice', () => {
  const triage = readFileSync(join(HERE, 'etcd/triage.yaml'), 'utf8');
  const [, choose = ''] = /^ {4}choose:\n((?: {6}.*\n)+)/m.exec(triage) ?? [];
  const verdicts = [...choose.matchAll(/^ {6}(\w+):/gm)].map(([, verdict = '']) => verdict);
  const page = readFileSync(join(HERE, '../docs/etcd/README.md'), 'utf8');
  const explained = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, verdict = '']) => verdict);
  expect(explained.sort()).toEqual([...verdicts].sort());
  const advice = triage.slice(triage.indexOf('\n  advice:'));
  expect(verdicts.filter((verdict) => !advice.includes(`"${verdict}": `))).toEqual([]);
});

it('the rebuild locks every member, the one that is gone too', () => {
  const result = compile({
    runbook: 'etcd/rebuild',
    library,
    inventory: INVENTORY,
    inputs: { gone: 'etcd02' },
    onFailure: 'hold',
  });
  expect(result.ok && result.compiled.plan.locks).toEqual(['host/etcd00', 'host/etcd01', 'host/etcd02']);
});

it('every shell function that a step calls is in a file that etcd.yaml includes', () => {
  const shared = readFileSync(join(HERE, 'etcd', 'etcd.yaml'), 'utf8');
  const files = [...shared.matchAll(/- (\.\.\/lib\/\S+\.sh)/g)].map(([, file = '']) =>
    join(HERE, 'etcd', file),
  );
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
  const defined = new Set(
    files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name)),
  );
  for (const runbook of runbooks) {
    const called = readFileSync(join(HERE, `${runbook}.yaml`), 'utf8').matchAll(/\betcd_[a-z0-9_]+\b/g);
    for (const [name] of called) {
      if (!['etcd_home', 'etcd_old_home', 'etcd_source', 'etcd_unit'].includes(name))
        expect(defined, runbook).toContain(name);
    }
  }
});

function host(name: string, at: number): PlanHost {
  return {
    name: hostName(name),
    address: `127.84.0.${at + 3}`,
    port: 22,
    user: 'op',
    zone: 'default',
    groups: at < 3 ? ['all', 'etcd'] : ['all'],
    home: `/home/${name}`,
    vars: {},
    ssh: {},
  };
}
