import { book, type Entry } from '../entry.ts';

const LOOK = '  - { id: look, on: etcd, effect: read, run: ls, outputs: { n: int } }\n';
const LOOK_AT_ONE =
  '  - { id: look, on: etcd00, effect: read, may_fail: true, run: ls, outputs: { n: int } }\n';

/** What expressions say, and from where. */
export const EXPRESSION_ENTRIES: readonly Entry[] = [
  {
    code: 'expression/syntax',
    severity: 'error',
    title: 'Not an expression',
    why: 'Expressions are CEL: x == "a" && size(list) > 0.',
    bad: book('  - { id: a, on: etcd, when: run.reason = "x", run: ls }\n'),
    good: book('  - { id: a, on: etcd, when: run.reason == "x", run: ls }\n'),
  },
  {
    code: 'expression/unknown-name',
    severity: 'error',
    title: 'A name that there is not',
    why: 'Names are those of inputs, of steps above, of set and of as.',
    bad: book('  - { id: a, on: etcd, when: raeson != "", run: ls }\n'),
    good: book('  - { id: a, on: etcd, when: run.reason != "", run: ls }\n'),
  },
  {
    code: 'expression/not-yet',
    severity: 'error',
    title: 'A name that is known only later',
    why: 'What a step gives is known below it, and not beside it in a parallel group: no path has produced it yet.',
    bad: book(`  - { id: a, set: { most: max(look.each.n) } }\n${LOOK}`),
    good: book(`${LOOK}  - { id: a, set: { most: max(look.each.n) } }\n`),
  },
  {
    code: 'expression/out-of-reach',
    severity: 'error',
    title: 'A step inside of a loop, read from outside',
    why: 'There is one for each turn. Read it inside; or make the inside a runbook of its own: a looped use has rows and each.',
    bad: book(
      `  - id: all\n    on: etcd\n    as: one\n    steps:\n      - { id: look, effect: read, run: ls, outputs: { n: int } }\n  - { id: a, set: { most: look.n } }\n`,
    ),
    good: book(`${LOOK}  - { id: a, set: { most: max(look.each.n) } }\n`),
  },
  {
    code: 'expression/several-hosts',
    severity: 'error',
    title: 'An output that several hosts have',
    why: 'On several hosts a step has several outputs of a name. rows has them by host, each has the list of them; in what happens for each host the name is that host’s own.',
    bad: book(`${LOOK}  - { id: a, set: { n: look.n } }\n`),
    good: book(`${LOOK}  - { id: a, set: { n: max(look.each.n) } }\n`),
  },
  {
    code: 'expression/may-be-missing',
    severity: 'error',
    title: 'An output that may not be there',
    why: 'The step has a when or may fail: on some runs there is no such output. Give a default, read the rows, or read it under the same when.',
    bad: book(`${LOOK_AT_ONE}  - { id: a, set: { n: look.n } }\n`),
    good: book(`${LOOK_AT_ONE}  - { id: a, set: { n: 'look.get("n", 0)' } }\n`),
  },
  {
    code: 'expression/no-host',
    severity: 'error',
    title: 'host where there is none',
    why: 'host is the host that something is evaluated for. set, approve, check alone and titles are evaluated once.',
    bad: book('  - { id: a, set: { where: host.name } }\n'),
    good: book(`  - { id: a, on: etcd, run: echo "$WHERE", env: { WHERE: "\${{ host.name }}" } }\n`),
  },
  {
    code: 'expression/type',
    severity: 'error',
    title: 'A value of the wrong type',
    why: 'Names and types are checked before anything runs: a condition is true or false, a loop goes over a list, and a text is no number.',
    bad: book(`${LOOK}  - { id: a, for_each: size(look.rows), steps: [{ id: b, on: etcd, run: ls }] }\n`),
    good: book(`${LOOK}  - { id: a, for_each: look.rows, as: row, steps: [{ id: b, on: etcd, run: ls }] }\n`),
  },
  {
    code: 'expression/never-equal',
    severity: 'error',
    title: 'A comparison that never holds',
    why: 'A choice is one of its values, and STEP.choice one of the lines of choose. Anything else it never is.',
    bad: book(
      '  - { id: a, on: etcd, when: way == "grwo", run: ls }\n',
      'inputs: { way: { type: choice, values: [grow, shrink], default: grow } }\n',
    ),
    good: book(
      '  - { id: a, on: etcd, when: way == "grow", run: ls }\n',
      'inputs: { way: { type: choice, values: [grow, shrink], default: grow } }\n',
    ),
  },
  {
    code: 'expression/braces-not-needed',
    severity: 'error',
    title: `\${{ }} around an expression that stands bare`,
    why: 'when, check, set, choose, requires, outputs, for_each and retry.when hold an expression in any case.',
    bad: book(`  - id: a\n    on: etcd\n    when: \${{ run.reason != "" }}\n    run: ls\n`),
    good: book(`  - id: a\n    on: etcd\n    when: run.reason != ""\n    run: ls\n`),
  },
  {
    code: 'set/no-value',
    severity: 'error',
    title: 'A step as a value',
    why: 'A step has fields, and is no value by itself.',
    bad: book(`${LOOK}  - { id: a, set: { seen: look } }\n`),
    good: book(`${LOOK}  - { id: a, set: { seen: look.rows } }\n`),
  },
];
