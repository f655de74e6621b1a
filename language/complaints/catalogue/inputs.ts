import { book, type Entry } from '../entry.ts';

const N = `  - { id: a, on: etcd, run: ls, env: { N: "\${{ n }}" } }\n`;
const M = '  - { id: a, on: m, run: ls }\n';

/** Inputs, and the hosts that a runbook names. */
export const INPUT_ENTRIES: readonly Entry[] = [
  {
    code: 'input/missing',
    severity: 'error',
    title: 'An input that was not given',
    why: 'An input without a default has to be given when the runbook is planned or run.',
    bad: book(M, 'inputs: { m: { type: hosts, help: The members. } }\n'),
    good: book(M, 'inputs: { m: { type: hosts, default: etcd, help: The members. } }\n'),
  },
  {
    code: 'input/unknown',
    severity: 'error',
    title: 'An input that the runbook has not',
    why: 'What is given has to be one of its inputs: holdfast runbooks show NAME lists them.',
    bad: {
      files: { 'main.yaml': book(M, 'inputs: { m: { type: hosts, default: etcd } }\n') },
      given: { members: 'etcd' },
    },
    good: {
      files: { 'main.yaml': book(M, 'inputs: { m: { type: hosts, default: etcd } }\n') },
      given: { m: 'etcd' },
    },
  },
  {
    code: 'input/wrong-value',
    severity: 'error',
    title: 'A value that an input does not take',
    why: 'A value is read by the type of its input and keeps to its min, max and pattern. A default too.',
    bad: book(N, 'inputs: { n: { type: int, min: 5, default: 3 } }\n'),
    good: book(N, 'inputs: { n: { type: int, min: 5, default: 7 } }\n'),
  },
  {
    code: 'input/unused',
    severity: 'warning',
    title: 'An input that nothing uses',
    why: 'Somebody would give it for nothing.',
    bad: book('  - { id: a, on: etcd, run: ls }\n', 'inputs: { n: { type: int, default: 3 } }\n'),
    good: book(N, 'inputs: { n: { type: int, default: 3 } }\n'),
  },
  {
    code: 'input/choice',
    severity: 'error',
    title: 'A choice without values, or values without a choice',
    why: 'type: choice and values belong together.',
    bad: book(N, 'inputs: { n: { type: choice, default: a } }\n'),
    good: book(N, 'inputs: { n: { type: choice, values: [a, b], default: a } }\n'),
  },
  {
    code: 'input/optional',
    severity: 'error',
    title: 'An optional input that can not be empty',
    why: 'What is left out is the empty text, the empty list or no host. A number or a truth value has no such value: give it a default.',
    bad: book(N, 'inputs: { n: { type: int, optional: true } }\n'),
    good: book(N, 'inputs: { n: { type: int, default: 0 } }\n'),
  },
  {
    code: 'input/pattern',
    severity: 'error',
    title: 'A pattern that is no regular expression',
    why: 'Patterns are RE2, which never takes long: without look-around and back-references.',
    bad: book(N, 'inputs: { n: { type: string, pattern: "(?=a)b", default: ab } }\n'),
    good: book(N, 'inputs: { n: { type: string, pattern: "ab?", default: ab } }\n'),
  },
  {
    code: 'requires/not-met',
    severity: 'error',
    title: 'A requirement that does not hold',
    why: 'requires says what has to hold of the inputs. It is looked at when planning, and the figures are shown.',
    bad: book(
      M,
      'inputs: { m: { type: hosts, default: web } }\nrequires: { an odd number: size(m) % 2 == 1 }\n',
    ),
    good: book(
      M,
      'inputs: { m: { type: hosts, default: etcd } }\nrequires: { an odd number: size(m) % 2 == 1 }\n',
    ),
  },
  {
    code: 'on/pattern',
    severity: 'error',
    title: 'Not a host pattern',
    why: 'A pattern is words joined by : or , with ! before what is taken away and & before what must be met too.',
    bad: book('  - { id: a, on: "etcd:!", run: ls }\n'),
    good: book('  - { id: a, on: "etcd:!etcd02", run: ls }\n'),
  },
  {
    code: 'on/unknown-host',
    severity: 'error',
    title: 'A group or host that there is not',
    why: 'A word of a pattern is a name in scope, a group or a host of the inventory.',
    bad: book('  - { id: a, on: ectd, run: ls }\n'),
    good: book('  - { id: a, on: etcd, run: ls }\n'),
  },
  {
    code: 'on/no-host',
    severity: 'error',
    title: 'A name that is no host',
    why: 'A name in a pattern has to be a host or hosts. One host has no [ ].',
    bad: book('  - { id: a, on: n, run: ls }\n', 'inputs: { n: { type: int, default: 3 } }\n'),
    good: book(M, 'inputs: { m: { type: hosts, default: etcd } }\n'),
  },
  {
    code: 'on/anywhere',
    severity: 'warning',
    title: 'Hosts that nothing bounds',
    why: 'Hosts chosen while it runs have to come out of the run’s own. Where nothing says of which, the plan can not name them, and every host of the run is locked.',
    bad: book(
      '  - { id: look, http: { url: "http://host/" }, outputs: { who: { type: host, from: json.who } } }\n  - { id: a, on: seed, run: ls }\n'.replace(
        '  - { id: a',
        '  - { id: pick, set: { seed: look.who } }\n  - { id: a',
      ),
    ),
    good: book(
      '  - { id: look, on: etcd, effect: read, run: ls, outputs: { n: int } }\n  - { id: pick, set: { seed: "look.rows.max_by(r, r.n).host" } }\n  - { id: a, on: seed, run: ls }\n',
    ),
  },
  {
    code: 'host/from-text',
    severity: 'warning',
    title: 'A host by a text',
    why: 'Only the run finds out whether a text is the name of one of its hosts. A row of a step has the host itself.',
    bad: {
      files: {
        'main.yaml': book(`  - { id: a, use: other, with: { h: "\${{ run.reason }}" } }\n`),
        'other.yaml':
          'holdfast: 1\nname: other\ninputs: { h: host }\nsteps: [{ id: x, on: h, effect: read, run: ls }]\n',
      },
    },
    good: {
      files: {
        'main.yaml': book(`  - { id: a, use: other, with: { h: "etcd[0]" } }\n`),
        'other.yaml':
          'holdfast: 1\nname: other\ninputs: { h: host }\nsteps: [{ id: x, on: h, effect: read, run: ls }]\n',
      },
    },
  },
  {
    code: 'locks/name',
    severity: 'error',
    title: 'A lock that can not be taken',
    why: 'Locks are taken before the run: inputs that are hosts, or a free name of letters, digits, - _ . : and /.',
    bad: book(N, 'inputs: { n: { type: int, default: 3 } }\nlocks: [n]\n'),
    good: book(N, 'inputs: { n: { type: int, default: 3 } }\nlocks: [maintenance]\n'),
  },
  {
    code: 'limit/pattern',
    severity: 'error',
    title: 'A limit that names no hosts',
    why: '--limit takes a host pattern: only those hosts of the inventory take part.',
    bad: { files: { 'main.yaml': book('  - { id: a, on: etcd, run: ls }\n') }, limit: 'ectd' },
    good: { files: { 'main.yaml': book('  - { id: a, on: etcd, run: ls }\n') }, limit: 'etcd' },
  },
];
