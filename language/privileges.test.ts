import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../plan/plan.ts';
import { compileTexts, found, runbookOf } from './compile.fixture.ts';

function planOf(
  steps: string,
  head = '',
  files: { readonly [file: string]: string } = {},
  inputs = {},
): Plan {
  const result = compileTexts({ 'main.yaml': runbookOf(steps, head), ...files }, { inputs });
  expect(found(result)).toEqual([]);
  if (!result.ok) throw new Error('It does not compile.');
  return result.compiled.plan;
}

function step(plan: Plan, id: string, unit = 'main'): Step | undefined {
  return plan.units[unit]?.steps.find((each) => each.id === id);
}

const SECRETS = 'secrets: { sudo: env:SUDO, api: vault:secret/data/api#token }\n';

describe('secrets', () => {
  it('stand in the plan as the place where they are found', () => {
    const plan = planOf(
      `  - { id: a, on: web, run: x, env: { T: "Bearer \${{ secrets.api }}" }, become: { password: "\${{ secrets.sudo }}" } }\n`,
      SECRETS,
    );
    expect(plan.units.main?.secrets).toEqual({ sudo: 'env:SUDO', api: 'vault:secret/data/api#token' });
    expect(step(plan, 'a')).toMatchObject({ env: { T: ['Bearer ', { cel: 'secrets.api' }] } });
  });

  it('are passed to inputs of type secret, and given to them as a reference', () => {
    const login = `holdfast: 1\nname: login\ninputs: { password: secret }\nsteps: [{ id: x, on: web, run: y, env: { P: "\${{ password }}" } }]\n`;
    const plan = planOf(
      `  - { id: a, use: login, with: { password: "\${{ secrets.api }}" } }\n  - { id: b, use: login, with: [password] }\n`,
      `secrets: { api: file:/run/api }\ninputs: { password: secret }\n`,
      { 'login.yaml': login },
      { password: 'env:P' },
    );
    expect(plan.inputs).toEqual({ password: { $secret: 'env:P' } });
    expect(step(plan, 'a')).toMatchObject({ with: { password: { cel: 'secrets.api' } } });
  });

  it('are never given by their value, and the value is not repeated', () => {
    const text = runbookOf(
      `  - { id: a, on: web, run: x, env: { P: "\${{ p }}" } }\n`,
      'inputs: { p: secret }\n',
    );
    const said = found(compileTexts({ 'main.yaml': text }, { inputs: { p: 'hunter2' } }));
    expect(said[0]).toContain('input/wrong-value: Input p: a secret is given by where it is found');
    expect(said.join()).not.toContain('hunter2');
  });

  it.each([
    ['url', `{ id: a, http: { url: "http://x/\${{ secrets.api }}" } }`],
    ['ask', `{ id: a, approve: { ask: "\${{ secrets.api }}?" } }`],
    ['become.user', `{ id: a, on: web, run: x, become: { user: "\${{ secrets.api }}" } }`],
    ['host pattern', `{ id: a, on: "\${{ secrets.api }}", run: x }`],
    ['copy.to', `{ id: a, on: web, copy: { from: { host: web1, path: x }, to: "\${{ secrets.api }}" } }`],
    ['text input', `{ id: a, use: o, with: { t: "\${{ secrets.api }}" } }`],
  ])('leak in %s', (_, text) => {
    const other = `holdfast: 1\nname: o\ninputs: { t: string }\nsteps: [{ id: x, on: web, run: y, env: { T: "\${{ t }}" } }]\n`;
    const files = { 'main.yaml': runbookOf(`  - ${text}\n`, SECRETS), 'o.yaml': other };
    expect(found(compileTexts(files)).map((line) => line.split(' ')[1])).toEqual(['secret/leak:']);
  });

  it('do not leak in headers and bodies of requests', () => {
    planOf(
      `  - { id: a, http: { url: "http://x/", headers: { A: "Bearer \${{ secrets.api }}" }, json: { t: "\${{ secrets.sudo }}" } } }\n`,
      SECRETS,
    );
  });

  it('come from fragments too', () => {
    const plan = planOf(
      `  - { id: a, on: web, run: x, env: { T: "\${{ secrets.t }}" } }\n`,
      'include: [f.yaml]\n',
      {
        'f.yaml': 'secrets: { t: env:T, other: env:O }\n',
      },
    );
    expect(plan.units.main?.secrets).toEqual({ t: 'env:T', other: 'env:O' });
  });
});

describe('sensitive outputs', () => {
  it('are secrets to what comes after them', () => {
    const plan =
      planOf(`  - { id: a, on: web1, run: x, outputs: { t: { type: string, sensitive: true }, n: int } }
  - { id: b, on: web1, run: x, env: { T: "\${{ a.t }}", N: "\${{ a.n }}" } }
  - { id: c, on: web1, run: x, sensitive: true, outputs: { t: string } }
`);
    expect(step(plan, 'a')).toMatchObject({ sensitive: false, outputs: { t: { sensitive: true }, n: {} } });
    expect(step(plan, 'c')).toMatchObject({ sensitive: true, outputs: { t: { sensitive: true } } });
  });
});

describe('a sensitive output', () => {
  const saidOf = (line: string) =>
    found(
      compileTexts({
        'main.yaml': runbookOf(
          `  - { id: a, on: web1, run: x, outputs: { t: { type: string, sensitive: true }, n: int } }\n  - id: b\n    on: web1\n    run: y\n    ${line}\n`,
        ),
      }),
    ).map((said) => said.split(' ')[1]);

  it.each([
    'when: a.t == "x"',
    'when: size(a.t) > 1',
    'when: same(a.each.t)',
    'when: a.rows == []',
    'when: a.each.t.exists(x, x == "y")',
    'when: a.t in ["x"]',
    `title: "\${{ to_json(a.rows) }}"`,
    `title: "\${{ a.each.t.join(',') }}"`,
    `env: { T: "\${{ a.t + 'x' }}" }`,
    `env: { T: "\${{ a.rows }}" }`,
    `env: { T: "\${{ a.each.t }}" }`,
  ])('is not looked into: %s', (line) => {
    expect(saidOf(line)).toEqual(['secret/looked-into:']);
  });

  it.each([
    `title: "x \${{ a.t }}"`,
    `title: "\${{ a.t }}"`,
    `title: "\${{ true ? a.t : 'x' }}"`,
    `title: "\${{ a.rows }}"`,
    `title: "\${{ [a.t] }}"`,
    `title: "\${{ {'k': a.t} }}"`,
  ])('is not shown: %s', (line) => {
    expect(saidOf(line)).toEqual(['secret/leak:']);
  });

  it.each([
    `env: { T: "Bearer \${{ a.t }}" }`,
    `env: { T: "\${{ a.rows[0].t }}" }`,
    'when: size(a.each.t) == 1 && a.n > 0',
    'when: a.rows.exists(r, r.n > 0)',
  ])('is used without being seen: %s', (line) => {
    expect(saidOf(line)).toEqual([]);
  });

  it('stays one through set, loops and the outputs of a used runbook', () => {
    const login = `holdfast: 1\nname: login\nsteps: [{ id: x, on: web1, run: y, outputs: { t: { type: string, sensitive: true } } }]\noutputs: { t: x.t }\n`;
    const steps = `  - { id: u, use: login }
  - { id: s, set: { v: u.t } }
  - { id: l, for_each: "[v]", as: one, steps: [{ id: k, on: web1, run: y, env: { T: "\${{ one }}" } }, { id: m, approve: { ask: "\${{ one }}" } }] }
  - { id: n, approve: { ask: "\${{ u.t }}" } }
  - { id: o, approve: { ask: "\${{ v }}" } }
`;
    const said = found(compileTexts({ 'main.yaml': runbookOf(steps), 'login.yaml': login }));
    expect(said.map((line) => line.split(' ')[1])).toEqual(Array(3).fill('secret/leak:'));
  });
});

describe('become', () => {
  it('is handed down by groups, stands on done and rollback, and is switched off by false', () => {
    const plan = planOf(`  - id: g
    on: web
    become: { user: postgres }
    steps:
      - { id: a, run: x, done: { run: y, become: false }, rollback: z }
      - { id: b, become: false, run: x, done: y }
      - { id: c, become: true, run: x, done: y }
`);
    const group = step(plan, 'g');
    const [a, b, c] = group?.kind === 'group' ? group.steps : [];
    const postgres = { method: 'sudo', user: ['postgres'] };
    expect(a).toMatchObject({ become: postgres, rollback: { become: postgres } });
    expect(a).not.toHaveProperty('done.become');
    expect(b).not.toHaveProperty('become');
    expect(c).toMatchObject({ become: { user: ['root'] }, done: { become: { user: ['root'] } } });
  });
});

describe('copy', () => {
  it('pins a file by its digest, beside the texts of the plan', () => {
    const files = {
      'main.yaml': runbookOf(
        `  - { id: a, on: web, copy: { from: conf/x, to: "\${{ host.home }}/x", mode: 0640, owner: "etcd:etcd" }, become: true, check: { whole: a.bytes == 3 } }\n`,
      ),
      'conf/x': 'abc',
    };
    const result = compileTexts(files);
    expect(found(result)).toEqual([]);
    const compiled = result.ok ? result.compiled : undefined;
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(compiled?.files).toEqual([{ sha256, bytes: 3, path: 'conf/x' }]);
    expect(compiled && step(compiled.plan, 'a')).toMatchObject({
      kind: 'copy',
      from: { kind: 'file', file: { path: 'conf/x', sha256, bytes: 3, executable: false } },
      to: [{ cel: 'host.home' }, '/x'],
      mode: 0o640,
      owner: ['etcd:etcd'],
      become: { user: ['root'] },
      onUnknown: 'retry',
      outputs: { sha256: { type: { kind: 'string' } } },
    });
    expect(compiled?.plan.locks).toEqual(['host/web1', 'host/web2']);
  });

  it('from a host takes that host into the run, and locks only those that it writes to', () => {
    const plan = planOf(
      '  - { id: a, on: web, copy: { from: { host: "etcd[0]", path: data }, to: data } }\n',
    );
    expect(plan.hosts.map(({ name }) => name)).toEqual(['etcd00', 'web1', 'web2']);
    expect(plan.locks).toEqual(['host/web1', 'host/web2']);
  });

  it('is read there by the login user, or as from.become says; what the step becomes is for writing', () => {
    const read = (from: string) => {
      const copy = `{ from: { host: "etcd[0]", path: data${from} }, to: data }`;
      return step(planOf(`  - { id: a, on: web, become: { user: ada }, copy: ${copy} }\n`), 'a');
    };
    const plain = read('');
    expect(plain).toMatchObject({ become: { user: ['ada'] } });
    expect(plain).not.toHaveProperty('from.become');
    expect(read(', become: { user: bob }')).toMatchObject({
      become: { user: ['ada'] },
      from: { become: { user: ['bob'] } },
    });
  });
});
