import { describe, expect, it } from 'vitest';
import { MAIN, testing, wrong } from './run.fixture.ts';

const GOOD = 'mock: { look: { free: 20, etcd02: { free: 30 } } }\nanswers: { sure: approve }\n';

describe('a case', () => {
  it('walks the runbook with the real interpreter over mocked hosts', async () => {
    const report = await testing(
      MAIN,
      `${GOOD}cases:
  - name: writes where there is most room
    expect:
      order: [look, choose, sure, write]
      hosts: { look: succeeded, write: { etcd02: succeeded, etcd01: not begun } }
      values: { choose: { best: etcd02 } }
      given: { write: { FREE: 30 } }
      times: { look: 3, write: 1 }
      said: Write on etcd02?
      outputs: { best: etcd02 }
`,
    );
    expect(report.complaints).toEqual([]);
    expect(report.cases).toMatchObject([
      { name: 'writes where there is most room', result: 'passed', failures: [] },
    ]);
  });

  it('says where the test stands and what was instead, for each thing that is not as it says', async () => {
    const report = testing(
      MAIN,
      `${GOOD}cases:
  - name: all wrong
    expect:
      status: held
      said: nothing of it
      never_said: Write on
      never_ran: write
      order: [write, look]
      hosts: { write: unchanged }
      times: { write: 2 }
      given: { write: { FREE: 20 } }
      values: { choose: { best: etcd01 } }
      outputs: { best: etcd01, size: 1 }
`,
    );
    expect(await wrong(report)).toEqual([
      '7:15 expected held, and it has succeeded',
      '8:13 nothing said "nothing of it"; what was said: Write on etcd02?',
      '9:19 "Write on" was said: Write on etcd02?',
      '10:18 write ran',
      '11:22 look began before write',
      '13:23 write was launched 1 times, and should be 2 times',
      '12:23 write is succeeded on etcd02, and should be unchanged',
      '14:31 write on etcd02 got FREE "30", and should get "20"',
      '15:33 choose.best is etcd02, and should be etcd01',
      '16:24 the output best is etcd02, and should be etcd01',
      '16:38 the output size is not there, and should be 1',
    ]);
  });

  it('stands where the run waits for an answer that nobody gives', async () => {
    const tests = `mock: { look: { free: 20 } }
cases:
  - name: waits
    expect: { status: waiting, at: sure, never_ran: write }
  - name: does not wait
    expect: { ran: write }
`;
    expect(await wrong(testing(MAIN, tests))).toEqual([
      '7:13 expected succeeded, and it is waiting at sure: Write on etcd01?',
      '7:20 write never ran; it is waiting at sure: Write on etcd01?',
    ]);
  });

  it('waits a week in no time', async () => {
    const tests = `mock: { look: { free: 20 } }
cases:
  - name: nobody answers
    answers: { sure: expire }
    expect: { status: held, at: sure, said: Nobody answered before the gate expired. }
`;
    expect(await wrong(testing(MAIN, tests))).toEqual([]);
  });

  it('has the inputs, hosts and mocks of its file under its own', async () => {
    const runbook = `holdfast: 1
name: main
inputs: { members: { type: hosts, default: etcd }, least: { type: int, default: 5 } }
on: members
steps:
  - { id: look, effect: read, run: x, outputs: { free: int }, check: { enough: look.free >= least } }
outputs: { hosts: 'look.rows.map(r, r.host.name)', address: 'members[0].address', rack: 'members[0].rack' }
`;
    const tests = `inventory: { etcd: [a, b], a: { address: 10.0.0.1, rack: r1 } }
inputs: { least: 10 }
mock: { look: { free: 9 } }
cases:
  - name: too little
    expect: { status: held, said: "a: failed, not met: enough (free = 9, least = 10); b: failed" }
  - name: enough
    inputs: { least: 9 }
    expect: { outputs: { hosts: [a, b], address: 10.0.0.1, rack: r1 } }
  - name: elsewhere
    inventory: { etcd: [c], c: { rack: r2 } }
    mock: { look: { c: { free: 30 } } }
    expect: { outputs: { hosts: [c], rack: r2 } }
`;
    expect(await wrong(testing(runbook, tests))).toEqual([]);
  });

  it('may be about a plan that is not made', async () => {
    const runbook = `holdfast: 1
name: main
inputs: { n: int }
requires: { an odd number: n % 2 == 1 }
steps: [{ id: a, on: x, env: { N: "\${{ n }}" }, run: x }]
`;
    const tests = `cases:
  - name: even
    inputs: { n: 2 }
    expect: { status: refused, said: an odd number }
  - name: none
    expect: { status: refused, said: something else }
  - name: odd
    inputs: { n: 4 }
    expect: {}
`;
    expect(await wrong(testing(runbook, tests))).toEqual([
      '7:38 nothing said "something else"; it was refused as: The input n is needed.',
      '9:13 no plan is made of it: Not met: an odd number (n = 4).',
    ]);
  });
});

describe('what is wrong with a test', () => {
  it('is said at its place, all at once', async () => {
    const report = testing(
      MAIN,
      `mock:
  lock: { free: 1 }
  look: { fre: 1, etcd02: { free: much } }
  sure: approve
  write: done
answers: { sure: maybe, look: { do: retry, why: so } }
cases:
  - name: one
    expect: { ran: [writ], given: { inner: {} } }
  - name: one
    expct: {}
`,
    );
    expect(await wrong(report)).toEqual([
      '3:3 test/unknown-step: There is no step lock.',
      '4:11 mock/unknown-output: look has no output fre, and fre is no host here.',
      '4:35 mock/output-type: look.free: "much" is not an int.',
      '5:3 mock/nothing-to-mock: sure asks no host and no server: there is nothing to mock.',
      '6:10 mock/outcome: done is no outcome.',
      '7:18 test/answer: maybe is no answer.',
      '7:44 test/answer: An answer has no why.',
      '10:21 test/unknown-step: There is no step writ.',
      '10:37 test/unknown-step: There is no step inner.',
      '11:5 case/missing-key: expect is missing here.',
      '11:11 case/name-twice: Another case is called so: one.',
      '12:5 case/unknown-key: There is no key expct here.',
    ]);
  });

  it('is an output of another type than the step declares', async () => {
    const tests =
      'cases:\n  - name: one\n    mock: { look: { etcd02: { free: much }, all: { free: 1 } } }\n    expect: {}\n';
    expect(await wrong(testing(MAIN, tests))).toEqual([
      '4:37 mock/output-type: look.free: "much" is not an int.',
    ]);
  });

  it('is a step that came to a host without its outputs: it says what to mock', async () => {
    const report = await testing(
      MAIN,
      'cases:\n  - name: one\n    mock: { look: { etcd02: { free: 1 } } }\n    expect: {}\n',
    );
    expect(report.cases).toMatchObject([{ result: 'invalid' }]);
    expect(report.complaints.map(({ line, code, mend }) => [line, code, mend])).toEqual([
      [3, 'mock/missing-output', 'Mock it: mock: { look: { free: int } }'],
      [3, 'mock/missing-output', 'Mock it: mock: { look: { free: int } }'],
    ]);
  });

  it('is a name that two cases have, and what is wrong with the runbook', async () => {
    const tests = 'cases:\n  - { name: one, expect: {} }\n  - { name: one, expect: {} }\n';
    const runbook = 'holdfast: 1\nname: main\nsteps: [{ id: a, on: x, rn: x }]\n';
    const found = await wrong(testing(runbook, tests));
    expect(found).toEqual([
      '4:13 case/name-twice: Another case is called so: one.',
      '3:25 step/no-kind: Nothing here says what the step does.',
    ]);
  });
});
