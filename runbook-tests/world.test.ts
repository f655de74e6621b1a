import { describe, expect, it } from 'vitest';
import { testing, wrong } from './run.fixture.ts';

/** A runbook of these steps on the three hosts etcd01, etcd02 and etcd03. */
function runbook(steps: string): string {
  return `holdfast: 1\nname: main\non: etcd\nsteps:\n${steps}`;
}

function passes(steps: string, tests: string): Promise<void> {
  return expect(wrong(testing(runbook(steps), tests))).resolves.toEqual([]);
}

describe('mocked hosts', () => {
  it('do well where nothing is said of them', () =>
    passes('  - { id: a, run: x }\n', 'cases: [{ name: one, expect: { hosts: { a: succeeded } } }]\n'));

  it('fail as a script does: its status, and its last line on stderr', () =>
    passes(
      '  - { id: a, run: x }\n',
      `cases:
  - name: one
    mock: { a: { etcd01: { rc: 3, stderr: "first\\nlast\\n" }, etcd02: { rc: 4 }, etcd03: unreachable } }
    expect:
      status: held
      said: ["etcd01: failed, last", "etcd02: failed, exit status 4, and nothing on stderr", "etcd03: unreachable, no route to the host"]
      hosts: { a: { etcd01: failed, etcd03: unreachable } }
`,
    ));

  it('answer one after the other where a list is said, and the last goes on', () =>
    passes(
      '  - { id: a, run: x, retry: { times: 4, every: 1h } }\n',
      `cases:
  - name: one
    mock: { a: { etcd02: [{ rc: 75 }, { rc: 75 }, succeeded] } }
    expect: { times: { a: 5 } }
  - name: never
    mock: { a: { etcd02: { rc: 75 } } }
    expect: { status: held, times: { a: 7 } }
`,
    ));

  it('that never come to an end are given up', async () => {
    const endless = runbook('  - { id: a, run: x, retry: { within: 300d, every: 1s, backoff: 1 } }\n');
    const tests = 'cases: [{ name: one, mock: { a: { rc: 75 } }, expect: { status: held } }]\n';
    expect((await wrong(testing(endless, tests)))[0]).toContain('it goes on and on');
  });

  it('are said by name, by group or by pattern: what is more particular is laid over the rest', () =>
    passes(
      `  - { id: a, run: x, outputs: { n: int, m: int } }
  - { id: b, run: x, env: { ALL: "\${{ a.rows.map(r, r.n * 10 + r.m) }}" } }
`,
      `mock: { a: { n: 1, m: 1 } }
cases:
  - name: one
    mock: { a: { etcd02: { n: 3 }, "etcd:!etcd01": { n: 2, m: 2 } } }
    expect: { given: { b: { ALL: "[11,32,22]" } } }
`,
    ));

  it('lose what ran; done settles it, or a person', () =>
    passes(
      '  - { id: a, run: x, done: y }\n',
      `cases:
  - name: done says that it ran
    mock: { a: { etcd02: { outcome: unknown, done: true } } }
    expect: { times: { a: 3 } }
  - name: nobody knows
    mock: { a: { etcd02: unknown } }
    expect: { status: held, at: a }
  - name: it lives on
    mock: { a: { etcd02: { outcome: unknown, alive: true } } }
    answers: { a: [{ do: retry, refused: Whether it ran on etcd02 is not known }, { do: resolve, host: etcd02 }] }
    expect: { times: { a: 3 } }
`,
    ));

  it('answer requests through expect, from and done as real ones would', () =>
    passes(
      `  - id: a
    effect: read
    http: { url: "http://x/", expect: { status: 200, body: json.ok } }
    outputs: { n: { type: int, from: json.n } }
`,
      `mock: { a: { json: { ok: true, n: 3 } } }
cases:
  - name: as expected
    expect: { given: { a: { method: GET, url: "http://x/" } } }
  - name: another status
    mock: { a: { status: 503, body: busy } }
    expect: { status: held, said: "answered 503: busy" }
  - name: another body
    mock: { a: { json: { ok: false } } }
    expect: { status: held, said: "answered 200, but not as expected: json.ok" }
  - name: an output that is not in it
    mock: { a: { json: { ok: true } } }
    expect: { status: held, said: the output n }
`,
    ));
});

describe('a runbook that is used', () => {
  const texts = {
    'main.yaml': `holdfast: 1
name: main
on: etcd
steps:
  - { id: inner, use: other }
  - { id: each, use: other, on: etcd, as: one, serial: 1 }
  - { id: last, on: etcd, run: x, env: { N: "\${{ inner.n }}" } }
`,
    'other.yaml': `holdfast: 1
name: other
steps:
  - { id: look, on: etcd, any: true, effect: read, run: x, outputs: { n: int } }
outputs: { n: look.n }
`,
  };

  it('is walked, its steps mocked by their place, and by the turn of a loop', async () => {
    const tests = `mock: { inner/look: { n: 1 }, each/look: { n: 2 }, "each[etcd02]/look": failed }
cases:
  - name: one
    expect:
      status: held
      at: each[etcd02]/look
      ran: [inner/look, "each[etcd01]/look"]
      never_ran: ["each[etcd03]", last]
`;
    expect(await wrong(testing(texts, tests))).toEqual([]);
  });

  it('is not walked where its outputs are given', async () => {
    const tests = `mock: { inner: { n: 7 }, each/look: { n: 2 } }
cases:
  - name: one
    expect: { ran: inner, never_ran: inner/look, given: { last: { N: 7 } } }
  - name: two
    mock: { inner: { m: 7 } }
    expect: {}
`;
    expect(await wrong(testing(texts, tests))).toEqual(['7:22 mock/unknown-output: other has no output m.']);
  });
});

describe('people', () => {
  const gated = `  - id: ok
    approve: { ask: "Go on?", by: [ann, bob], count: 2 }
  - { id: a, run: x }
`;

  it('answer in their order: approve, reject, retry, skip, abort', () =>
    passes(
      gated,
      `answers: { ok: approve }
cases:
  - { name: alone, expect: { hosts: { a: succeeded } } }
  - name: rejected, asked again
    answers: { ok: [{ do: reject, by: ann, reason: too late }, retry, approve] }
    expect: { said: "Rejected by ann (test): too late." }
  - name: gone on without
    mock: { a: { etcd02: failed } }
    answers: { a: { do: skip, reason: it is broken } }
    expect: { hosts: { a: { etcd01: succeeded, etcd02: skipped } } }
  - name: ended
    mock: { a: failed }
    answers: { a: { do: abort, reason: enough } }
    expect: { status: cancelled }
`,
    ));

  it('bind where there is identity', () =>
    passes(
      gated,
      `identity: shared
requested_by: ann
cases:
  - name: two of those who may
    answers:
      ok:
        - { do: approve, by: eve, refused: not one of those }
        - { do: approve, by: ann, refused: does not approve it }
        - { do: approve, by: bob }
    expect: { status: waiting, at: ok }
`,
    ));

  it('that nobody asks, or who are refused, are failures', async () => {
    const tests = `cases:
  - name: one
    answers: { ok: [retry, approve], a: retry }
    expect: { status: waiting }
`;
    const found = await wrong(testing(runbook(gated), tests));
    expect(found).toHaveLength(3);
    expect(found[0]).toBe('5:23 expected waiting, and it has succeeded');
    expect(found[1]).toContain('4:21 retry was refused: ok is not at a point that can take retry now.');
    expect(found[2]).toBe('4:38 the run never stood at a, for which there is an answer');
  });
});

describe('what hosts are given', () => {
  it('is also what is copied to them', async () => {
    const runbook = `holdfast: 1
name: main
on: etcd
steps:
  - { id: a, on: etcd:!etcd01, copy: { from: { host: etcd01, path: made }, to: /srv/made } }
  - { id: b, run: x, env: { FILES: "\${{ a.each.files[0] }}" } }
`;
    const tests = `cases:
  - name: one
    expect:
      given: { a: { to: /srv/made, from: { host: etcd01, path: made } }, b: { FILES: 1 } }
  - name: two
    mock: { a: { files: 7, etcd02: unchanged } }
    expect: { given: { b: { FILES: 7 } }, hosts: { a: { etcd02: unchanged } } }
`;
    expect(await wrong(testing(runbook, tests))).toEqual([]);
  });
});

describe('what takes time, hands, or the way back', () => {
  it('is done by hand and confirmed, or not', () =>
    passes(
      '  - { id: swap, manual: "Swap the disk." }\n  - { id: a, run: x }\n',
      `cases:
  - { name: confirmed, answers: { swap: { do: confirm, by: ann } }, expect: { said: Swap the disk., ran: a } }
  - { name: nobody does it, expect: { status: waiting, at: swap, never_ran: a } }
  - { name: not done, answers: { swap: { do: reject, reason: no spare } }, expect: { status: held, said: no spare } }
  - { name: too late, answers: { swap: expire }, expect: { status: held, at: swap } }
`,
    ));

  it('is waited for without taking time; a person may cut it short', () =>
    passes(
      '  - { id: rest, wait: 30d }\n  - { id: up, wait: 10m, done: is it up }\n  - { id: a, run: x }\n',
      `cases:
  - { name: to its end, crash: every_step, expect: { order: [rest, up, a] } }
  - { name: cut short, answers: { rest: skip }, expect: { ran: a, hosts: { rest: skipped } } }
  - { name: not up in time, mock: { up: failed }, expect: { status: held, at: up, never_ran: a } }
`,
    ));

  it('is undone, last first; a rollback is mocked as a step of its own', () =>
    passes(
      `  - { id: a, run: x, rollback: undo a }
  - { id: b, run: x, rollback: { run: undo b, env: { HOW: well } } }
  - { id: c, run: x }
`,
      `mock: { c: failed }
answers: { c: { do: abort, rollback: true } }
cases:
  - name: all of it
    crash: every_step
    expect:
      status: rolled_back
      order: [a, b, c, b/rollback, a/rollback]
      given: { b/rollback: { HOW: well } }
      hosts: { a/rollback: rolled_back }
  - name: one can not
    mock: { b/rollback: { etcd02: { rc: 1, stderr: in use } } }
    expect: { status: held, at: b/rollback, said: "etcd02: failed, in use", never_ran: a/rollback }
`,
    ));

  it('may fail on some hosts where max_failures says so', () =>
    passes(
      '  - { id: a, run: x, serial: 1, max_failures: 1 }\n  - { id: b, run: x }\n',
      `cases:
  - name: one
    mock: { a: { etcd02: failed } }
    expect: { status: failed, hosts: { a: { etcd03: succeeded }, b: { etcd01: succeeded, etcd02: not begun } } }
  - name: two
    mock: { a: { etcd01: failed, etcd02: failed } }
    expect: { status: held, at: a, times: { a: 2 }, never_ran: b }
`,
    ));
});

it('hands a sensitive output on as what it is in a run: a place, never a value', async () => {
  const runbook = `holdfast: 1
name: main
on: etcd00
steps:
  - id: login
    run: x
    outputs: { token: { type: string, sensitive: true } }
  - id: use
    env: { T: "\${{ login.token }}" }
    run: y
`;
  const tests = `cases:
  - name: a
    mock: { login: { token: clear } }
    expect: { given: { use: { T: "secret:sealed:login.token" } } }
`;
  expect(await wrong(testing(runbook, tests))).toEqual([]);
});
