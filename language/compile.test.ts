import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../plan/plan.ts';
import { compileTexts, found, runbookOf } from './compile.fixture.ts';
import type { CompileRequest, CompileResult } from './compile.ts';

function planOf(result: CompileResult): Plan {
  if (!result.ok) throw new Error(found(result).join('\n'));
  return result.compiled.plan;
}

function plan(
  text: string,
  request: Partial<CompileRequest> = {},
  others: { readonly [file: string]: string } = {},
) {
  return planOf(compileTexts({ 'main.yaml': text, ...others }, request));
}

function step(compiled: Plan, id: string, unit = compiled.main): Step & { readonly kind: string } {
  const all = (steps: readonly Step[]): readonly Step[] =>
    steps.flatMap((each) => [each, ...(each.kind === 'group' ? all(each.steps) : [])]);
  const one = all(compiled.units[unit]?.steps ?? []).find((each) => each.id === id);
  if (one === undefined) throw new Error(`no step ${id}`);
  return one;
}

const READ = '  - { id: look, on: etcd, effect: read, run: uptime, outputs: { load: int, leader: host } }\n';

describe('a plan', () => {
  it('is the same, with the same digest, for the same runbook, inventory and inputs', () => {
    const text = runbookOf(READ);
    const [one, other] = [compileTexts({ 'main.yaml': text }), compileTexts({ 'main.yaml': text })];
    expect(one).toEqual(other);
    expect(one.ok && one.compiled.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names scripts and included files by digest, and has their texts beside it', () => {
    const files = { 'main.yaml': runbookOf(READ, 'include: [lib.sh]\n'), 'lib.sh': 'hello() { :; }\n' };
    const result = compileTexts(files);
    const compiled = planOf(result);
    const look = step(compiled, 'look');
    if (look.kind !== 'run' || !result.ok) throw new Error('no run step');
    expect(result.compiled.blobs[look.script.sha256]).toBe('uptime');
    expect(look.script.includes.map((digest) => result.compiled.blobs[digest])).toEqual(['hello() { :; }\n']);
    expect(compiled.sources.map((source) => source.path)).toEqual(['lib.sh', 'main.yaml']);
    expect(JSON.stringify(compiled)).not.toContain('uptime');
  });

  it('holds only the hosts that take part, in inventory order', () => {
    const compiled = plan(runbookOf(`${READ}  - { id: web, on: web2, effect: read, run: x }\n`));
    expect(compiled.hosts.map((host) => host.name)).toEqual(['etcd00', 'etcd01', 'etcd02', 'web2']);
  });

  it('has limits for everything that waits, whether or not the runbook says one', () => {
    const compiled = plan(
      runbookOf(`${READ}  - { id: act, on: etcd, run: x, done: y, retry: { within: 30s } }
  - { id: slow, on: etcd, run: x, timeout: 1h30m, retry: { times: 3, every: 2s }, done: { run: y, every: 5s, within: 1m } }
  - { id: gate, approve: { ask: Go on } }
  - { id: ask, http: { url: "http://x/" }, effect: read }
`),
    );
    expect(step(compiled, 'look')).toMatchObject({ timeoutMs: 60_000 });
    expect(step(compiled, 'act')).toMatchObject({
      timeoutMs: 3_600_000,
      retry: { withinMs: 30_000, everyMs: 1_000, backoff: 1.5 },
      done: { everyMs: 1_000, withinMs: 0 },
    });
    expect(step(compiled, 'slow')).toMatchObject({
      timeoutMs: 5_400_000,
      retry: { times: 3, everyMs: 2_000, backoff: 1 },
      done: { everyMs: 5_000, withinMs: 60_000 },
    });
    expect(step(compiled, 'gate')).toMatchObject({ expiresMs: 604_800_000, count: 1, allowRequester: false });
    expect(step(compiled, 'ask')).toMatchObject({ timeoutMs: 30_000, on: [] });
  });

  it('is refused where it is too large to be sent', () => {
    const steps = Array.from({ length: 150 }, (_, i) => `  - { id: s${i}, on: etcd, run: x }\n`).join('');
    const result = compileTexts({ 'main.yaml': runbookOf(steps, `env: { BIG: ${'x'.repeat(8_000)} }\n`) });
    expect(found(result).join()).toMatch(
      /^1:1 plan\/too-large: The plan has \d+ bytes, and 1000000 can be sent/,
    );
  });
});

describe('hosts', () => {
  const inputs =
    'inputs: { members: { type: hosts, default: etcd }, gone: { type: hosts, default: none } }\n';

  it('are names in scope as expressions, groups and hosts as such, joined as Ansible does', () => {
    const compiled = plan(runbookOf('  - { id: a, on: "!gone:members:&etcd", run: x }\n', inputs));
    expect(step(compiled, 'a')).toMatchObject({
      on: [
        { op: 'add', of: { expr: { cel: 'members' } } },
        { op: 'keep', of: { hosts: ['etcd00', 'etcd01', 'etcd02'] } },
        { op: 'remove', of: { expr: { cel: 'gone' } } },
      ],
    });
  });

  it('are inherited from the group or the runbook; inside a loop it is the one of the turn', () => {
    const compiled = plan(
      runbookOf(
        `  - { id: a, run: x }
  - { id: g, on: web, steps: [{ id: b, run: x }] }
  - { id: l, on: web, as: one, serial: 25%, steps: [{ id: c, run: x, env: { ONE: "\${{ one.name }}" } }] }
`,
        'on: etcd\n',
      ),
    );
    expect(step(compiled, 'a')).toMatchObject({ on: [{ of: { hosts: ['etcd00', 'etcd01', 'etcd02'] } }] });
    expect(step(compiled, 'b')).toMatchObject({ on: [{ of: { hosts: ['web1', 'web2'] } }] });
    expect(step(compiled, 'c')).toMatchObject({ on: [{ of: { expr: { cel: 'one' } } }] });
    expect(step(compiled, 'l')).toMatchObject({
      loop: { over: 'hosts', as: 'one', serial: { percent: 25 } },
    });
  });

  it('can be narrowed by a limit, whatever the runbook names', () => {
    const compiled = plan(runbookOf('  - { id: a, on: members, run: x }\n', inputs), { limit: 'etcd0[1-2]' });
    expect(compiled.inputs.members).toEqual([{ $host: 'etcd01' }, { $host: 'etcd02' }]);
    expect(compiled.locks).toEqual(['host/etcd01', 'host/etcd02']);
  });
});

describe('locks', () => {
  const inputs =
    'inputs: { members: { type: hosts, default: etcd }, extra: { type: host, default: web1 } }\n';

  it('are the hosts that a change may touch, not those that are only read', () => {
    expect(plan(runbookOf(`${READ}  - { id: a, on: web1, run: x }\n`)).locks).toEqual(['host/web1']);
  });

  it('are all that a host chosen at run time may be', () => {
    const steps = `  - { id: look, on: members, effect: read, run: x, outputs: { n: int } }
  - { id: pick, set: { seed: "look.rows.max_by(r, r.n).host" } }
  - { id: act, on: seed, run: x }
`;
    expect(plan(runbookOf(steps, inputs), { inputs: { members: 'etcd00,etcd02' } }).locks).toEqual([
      'host/etcd00',
      'host/etcd02',
    ]);
  });

  it('are all hosts of the run where nothing says where the host comes from', () => {
    const steps = `${READ}  - { id: web, on: web1, effect: read, run: x }
  - { id: pick, set: { leader: 'look.rows.filter(r, r.load > 0)[0].leader' } }
  - { id: act, on: leader, run: x }
`;
    expect(plan(runbookOf(steps)).locks).toEqual(['host/etcd00', 'host/etcd01', 'host/etcd02']);
  });

  it('know one host of a list, what is taken away, and what is passed on', () => {
    const used = `holdfast: 1
name: used
inputs: { these: { type: hosts } }
steps:
  - { id: b, on: "these[-1]", run: x }
`;
    const steps =
      '  - { id: a, on: "members[0]", run: x }\n  - { id: u, use: used, with: { these: "members:!etcd02" } }\n';
    expect(plan(runbookOf(steps, inputs), {}, { 'used.yaml': used }).locks).toEqual([
      'host/etcd00',
      'host/etcd01',
    ]);
  });

  it('are free names and the hosts of inputs where the runbook says so', () => {
    const compiled = plan(runbookOf(READ, `${inputs}locks: [extra, dns]\n`));
    expect(compiled.locks).toEqual(['dns', 'host/web1']);
  });
});

it('locks what the runbooks that are used say, too', () => {
  const used =
    'holdfast: 1\nname: used\ninputs: { it: host }\nlocks: [it, dns]\nsteps: [{ id: a, on: it, effect: read, run: x }]\n';
  const text = runbookOf('  - { id: u, use: used, with: { it: "web[0]" } }\n');
  expect(plan(text, {}, { 'used.yaml': used }).locks).toEqual(['dns', 'host/web1']);
});

describe('another runbook', () => {
  const USED = `holdfast: 1
name: used
inputs:
  these: { type: hosts, default: web }
  word: { type: choice, values: [one, two], default: one }
  wait: { type: duration, default: 5s }
requires:
  two of them: size(these) == 2
steps:
  - { id: b, on: these, run: x, effect: read, env: { WORD: "\${{ word }} \${{ wait }}" }, outputs: { n: int } }
outputs: { sum: "size(b.rows)" }
`;
  const use = (more: string) =>
    compileTexts({ 'main.yaml': runbookOf(`  - { id: u, use: used${more} }\n`), 'used.yaml': USED });

  it('gets its defaults where nothing is passed, and checks what it requires when it begins', () => {
    const compiled = planOf(use(''));
    expect(step(compiled, 'u')).toMatchObject({
      unit: 'used',
      with: { these: { cel: '["web1", "web2"]' }, word: { cel: '"one"' }, wait: { cel: '5000' } },
    });
    expect(compiled.units.used?.steps[0]).toMatchObject({
      kind: 'check',
      check: [{ words: 'two of them', figures: ['size(these)'] }],
    });
    expect(compiled.hosts.map((host) => host.name)).toEqual(['web1', 'web2']);
  });

  it('gets values by the types of its inputs', () => {
    const compiled = planOf(use(`, with: { these: "etcd:!etcd00", word: two, wait: "\${{ 2 * 500 }}" }`));
    expect(step(compiled, 'u')).toMatchObject({
      with: {
        these: { cel: '["etcd00", "etcd01", "etcd02"].filter(h, !(h in ["etcd00"]))' },
        word: { cel: '"two"' },
        wait: { cel: '2 * 500' },
      },
    });
  });

  it.each([
    [
      ', with: { word: three }',
      `4:39 use/wrong-type: This does not fit the input word: "three" is not one of one, two. → Write a value of type choice(one, two), or \${{ … }}.`,
    ],
    [
      ', with: { wrd: two }',
      '4:33 use/unknown-input: used has no input wrd. → Its inputs are these, word, wait.',
    ],
    [
      ', with: { these: nobody }',
      '4:40 on/unknown-host: nobody is no name here, and no group or host of the inventory. → Its groups are all, etcd, web.',
    ],
    [
      `, with: { wait: "\${{ [1] }}" }`,
      '4:39 use/wrong-type: This does not fit the input wait: this is a list of int. → It has to be of type duration.',
    ],
  ])('refuses %s', (more, said) => {
    expect(found(use(more))).toEqual([said]);
  });

  it('in a loop gives rows, one for each turn; its when is asked before, its title tells the turn', () => {
    const loop = (more: string) =>
      compileTexts({
        'main.yaml': runbookOf(
          `  - { id: u, on: web, as: one, title: "\${{ one.name }}", use: used, with: { these: one }${more} }
  - { id: c, check: { all: size(u.rows) == 2 && max(u.each.sum) == 1 } }
`,
        ),
        'used.yaml': USED,
      });
    expect(found(loop(''))).toEqual([]);
    expect(found(loop(', check: { one: u.sum == 1 }')).join()).toMatch(/several-hosts: u.sum could be/);
    expect(found(loop(', when: one.name == "x"')).join()).toMatch(/unknown-name: There is no name one here/);
  });

  it('that uses the first one again is a complaint with the circle', () => {
    const other = 'holdfast: 1\nname: other\nsteps: [{ id: x, use: main }]\n';
    expect(
      found(compileTexts({ 'main.yaml': runbookOf('  - { id: u, use: other }\n'), 'other.yaml': other })),
    ).toEqual([
      '3:23 use/cycle: The runbooks use each other: main → other → main. → Take one of the uses away.',
    ]);
  });
});

describe('gates', () => {
  const destroys = (before: string, more = '') =>
    compileTexts({
      'main.yaml': runbookOf(`${before}  - { id: d, on: etcd, effect: destroy, run: x${more} }\n`),
      'used.yaml': 'holdfast: 1\nname: used\nsteps: [{ id: d, on: web, effect: destroy, run: x }]\n',
    });

  it.each([
    ['  - { id: g, approve: { ask: Really } }\n', ''],
    ['  - { id: g, steps: [{ id: h, approve: { ask: Really } }] }\n', ''],
    ['  - { id: g, when: run.id == "x", approve: { ask: Really } }\n', ', when: run.id == "x"'],
    ['  - { id: g, approve: { ask: Really } }\n  - { id: u, use: used }\n', ''],
  ])('%s lets a step%s destroy', (before, more) => {
    expect(found(destroys(before, more))).toEqual([]);
  });

  it.each([
    ['', ''],
    ['  - { id: g, when: run.id == "x", approve: { ask: Really } }\n', ', when: run.id == "y"'],
    [
      '  - { id: g, parallel: true, steps: [{ id: h, approve: { ask: Really } }, { id: e, on: etcd, effect: destroy, run: x }] }\n',
      '',
    ],
    ['  - { id: u, use: used }\n  - { id: g, approve: { ask: Really } }\n', ''],
  ])('%s does not let a step%s destroy', (before, more) => {
    expect(found(destroys(before, more)).join()).toMatch(/destroy\/no-gate/);
  });
});

describe('inputs', () => {
  const typed = `inputs:
  name: { type: string, default: 1e0196 }
  size: { type: size, default: 1GiB }
  tags: { type: list<string>, default: [a, "1"] }
  more: { type: string, optional: true }
  both: { type: string, default: "\${{ name }}-\${{ size }}" }
`;
  const steps = `  - { id: a, on: etcd, run: x, env: { A: "\${{ name }} \${{ size }} \${{ tags }} \${{ more }} \${{ both }}" } }\n`;

  it('have defaults: a text is the text that stands there, later ones may use earlier ones', () => {
    expect(plan(runbookOf(steps, typed)).inputs).toEqual({
      name: '1e0196',
      size: 1_073_741_824,
      tags: ['a', '1'],
      more: '',
      both: '1e0196-1073741824',
    });
  });

  it('are given as text or JSON', () => {
    const { inputs } = plan(runbookOf(steps, typed), { inputs: { size: '2K', tags: ['x'], name: '007' } });
    expect(inputs).toMatchObject({ size: 2048, tags: ['x'], name: '007' });
  });

  it('that are unknown or of the wrong type are all said at once', () => {
    const said = found(
      compileTexts({ 'main.yaml': runbookOf(steps, typed) }, { inputs: { nme: 'x', size: 'huge' } }),
    );
    expect(said).toEqual([
      '3:1 input/unknown: This runbook has no input nme. → Did you mean name?',
      '5:3 input/wrong-value: Input size: "huge" is not a size, such as 128M or 1GiB. → Give it another value: -i size=…',
    ]);
  });
});

it('a host that is nearly one of the inventory is asked for with one mark', () => {
  const text = runbookOf('  - { id: a, on: h, run: x, effect: read }\n', 'inputs: { h: { type: host } }\n');
  const [said] = found(compileTexts({ 'main.yaml': text }, { inputs: { h: 'etcd0' } }));
  expect(said).toMatch(/Did you mean etcd\? →/);
});

describe('outputs', () => {
  it('that are named without their step are suggested with it', () => {
    const text = runbookOf(
      '  - { id: room, on: etcd00, effect: read, run: x, outputs: { free_mb: int }, check: { enough: free_mb > 100 } }\n',
    );
    expect(found(compileTexts({ 'main.yaml': text }))[0]).toMatch(
      /There is no name free_mb here\. → Did you mean room\.free_mb\?$/,
    );
  });

  it('may be read where the same when holds, in lists of rows, and with a default', () => {
    const text = runbookOf(`  - { id: a, on: etcd00, effect: read, run: x, outputs: { n: int } }
  - { id: b, on: etcd00, when: a.n > 1, effect: read, may_fail: true, run: x, outputs: { m: int } }
  - { id: c, when: a.n > 1, set: { one: "size(b.rows)", many: b.each.m, other: 'b.get("m", 0)' } }
`);
    expect(found(compileTexts({ 'main.yaml': text }))).toEqual([]);
  });

  it('of this host are read on the hosts, and in requirements with their figures', () => {
    const compiled = plan(
      runbookOf(`  - { id: a, on: etcd, effect: read, run: x, outputs: { free: int, need: int }, check: { room: a.free >= a.need } }
  - { id: b, on: etcd, when: a.free > 1, run: x, env: { N: "\${{ a.free }}" }, check: { all of them: size(a.rows) == 3 } }
`),
    );
    expect(step(compiled, 'a').check).toMatchObject([{ words: 'room', figures: ['a.free', 'a.need'] }]);
    expect(step(compiled, 'b')).toMatchObject({
      when: { cel: 'a.free > 1' },
      check: [{ figures: ['size(a.rows)'] }],
    });
  });
});

describe('a request', () => {
  it('keeps the kinds of values in its body, with expressions in place', () => {
    const compiled = plan(
      runbookOf(`  - id: ask
    on: etcd
    http: { via: host, url: "http://\${{ host.address }}/x", json: { n: 5, t: "5", ok: true, no: null, who: "\${{ host.name }}" }, headers: { A: b } }
    outputs: { got: { type: int, from: json.n } }
    done: { http: { via: host, url: "http://x/" }, holds: status == 200 }
`),
    );
    expect(step(compiled, 'ask')).toMatchObject({
      kind: 'http',
      request: {
        via: 'host',
        method: 'POST',
        url: ['http://', { cel: 'host.address' }, '/x'],
        body: {
          json: {
            object: {
              n: { literal: 5 },
              t: { literal: '5' },
              ok: { literal: true },
              no: { literal: null },
              who: { template: [{ cel: 'host.name' }] },
            },
          },
        },
      },
      outputs: { got: { type: { kind: 'int' }, from: { cel: 'json.n' } } },
      done: { request: { method: 'GET' }, holds: { cel: 'status == 200' } },
    });
  });
});

describe('fragments', () => {
  it('are merged in order: env and host_vars of later ones win, and see those of earlier ones', () => {
    const compiled = plan(
      runbookOf(
        '  - { id: a, on: etcd, run: x, env: { C: step } }\n',
        `include: [f.yaml]\nenv: { B: own }\nhost_vars: { url: "\${{ host.base }}/x" }\n`,
      ),
      {},
      { 'f.yaml': `env: { A: f, B: f, C: f }\nhost_vars: { base: "http://\${{ host.address }}" }\n` },
    );
    expect(step(compiled, 'a')).toMatchObject({ env: { A: ['f'], B: ['own'], C: ['step'] } });
    expect(compiled.units.main?.hostVars.map(([name]) => name)).toEqual(['base', 'url']);
  });

  it('complain at their own place', () => {
    const files = {
      'main.yaml': runbookOf('  - { id: a, on: etcd, run: x }\n', 'include: [f.yaml]\n'),
      'f.yaml': `env:\n  A: \${{ nope }}\n`,
    };
    const result = compileTexts(files);
    expect(result).toMatchObject({
      ok: false,
      complaints: [{ file: 'f.yaml', line: 2, column: 10, code: 'expression/unknown-name' }],
    });
  });
});

it('requirements that do not hold stop the plan with their figures', () => {
  const head = 'inputs: { m: { type: hosts, default: web } }\nrequires: { three at least: size(m) >= 3 }\n';
  expect(found(compileTexts({ 'main.yaml': runbookOf('  - { id: a, on: m, run: x }\n', head) }))).toEqual([
    '4:13 requires/not-met: Not met: three at least (size(m) = 2). → Give other inputs.',
  ]);
});
