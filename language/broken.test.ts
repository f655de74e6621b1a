import { describe, expect, it } from 'vitest';
import { compileTexts, found, runbookOf } from './compile.fixture.ts';

const OTHER = 'holdfast: 1\nname: other\nsteps: [{ id: x, check: { y: "true" } }]\n';

/** What is wrong, the runbook (its first step on line 4 unless there is a head), and all that is said of it. */
const CASES: readonly (readonly [what: string, text: string, said: readonly string[]])[] = [
  [
    'unknown key',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    efect: read\n'),
    ['7:5 step/unknown-key: There is no key efect here. → Did you mean effect?'],
  ],
  [
    'key of other kind',
    runbookOf('  - id: a\n    set: { x: "1" }\n    timeout: 5s\n'),
    [
      '6:5 step/unknown-key: A step of this kind has no timeout. → timeout belongs to: run, http, copy. Remove it, or move it.',
    ],
  ],
  [
    'two kinds',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    use: b\n'),
    ['7:5 step/two-kinds: A step does one thing, and this one has run and use. → Make two steps of it.'],
  ],
  [
    'no kind',
    runbookOf('  - id: a\n    on: etcd\n    rnu: x\n'),
    ['6:5 step/no-kind: Nothing here says what the step does. → Did you mean run?'],
  ],
  [
    'wait for no time',
    runbookOf(`  - id: a\n    wait: soon\n  - id: b\n    wait: \${{ run.id }}\n`),
    [
      '5:11 wait/time: "soon" is no duration. → Write a number and its unit, as 30s, 5m or 1h30m.',
      '7:11 wait/time: This does not give a duration. → Name an input of type duration, or milliseconds.',
    ],
  ],
  [
    'wait on hosts for nothing',
    runbookOf('  - id: a\n    on: etcd\n    wait: 5s\n    max_failures: 1\n'),
    [
      '5:5 wait/no-done: on is about what is waited for, and this waits for nothing but its time. → Add done: SCRIPT, or remove on.',
      '7:5 wait/no-done: max_failures is about what is waited for, and this waits for nothing but its time. → Add done: SCRIPT, or remove max_failures.',
    ],
  ],
  [
    'wait with two limits',
    runbookOf('  - id: a\n    on: etcd\n    wait: 5s\n    done: { run: x, within: 1s }\n'),
    ['7:21 wait/within: How long it may take stands in wait already. → Remove within.'],
  ],
  [
    'max_failures where nothing is counted',
    runbookOf(
      '  - { id: a, on: etcd, run: x, may_fail: true, max_failures: 1 }\n  - { id: b, for_each: "[1]", max_failures: 1, steps: [{ id: c, on: etcd, run: x }] }\n',
    ),
    [
      '4:48 step/max-failures: may_fail expects failures: there is nothing to count. → Remove one of them.',
      '5:31 step/max-failures: max_failures counts the hosts that a group or a use goes through, and this goes through none. → Add on: PATTERN and as: NAME, or move max_failures to the steps.',
    ],
  ],
  [
    'max_failures that is no number',
    runbookOf('  - { id: a, on: etcd, run: x, max_failures: 101% }\n'),
    [
      '4:32 step/max-failures: max_failures is a number of hosts (1, 5) or a share of them (25%). → Write max_failures: 1: one host may fail, and the others go on.',
    ],
  ],
  [
    'rollback of what only reads',
    runbookOf('  - id: a\n    on: etcd\n    effect: read\n    run: x\n    rollback: y\n'),
    [
      '8:5 rollback/read: A step that only reads has nothing to undo. → Remove rollback, or say what the step does: effect: change.',
    ],
  ],
  [
    'no on',
    runbookOf('  - id: a\n    run: x\n'),
    [
      '4:5 step/no-hosts: This step happens on hosts, and nothing says on which. → Add on: PATTERN to the step, to a group around it, or to the runbook.',
    ],
  ],
  [
    'unknown host',
    runbookOf('  - id: a\n    on: ectd\n    run: x\n'),
    [
      '5:9 on/unknown-host: ectd is no name here, and no group or host of the inventory. → Did you mean etcd?',
    ],
  ],
  [
    'expr in run',
    runbookOf(`  - id: a\n    on: etcd\n    run: echo \${{ run.id }}\n`),
    [
      `6:15 run/expression: A script takes no \${{ }}: what it gives would be read as code. → Put it in env (NAME: \${{ run.id }}) and write "$NAME" in the script.`,
    ],
  ],
  [
    'expr in flow',
    runbookOf(`  - id: a\n    on: etcd\n    run: x\n    env: { A: \${{ run.id }} }\n`),
    [
      `7:15 yaml/expression-in-braces: Inside { } or [ ] YAML reads the braces of \${{ }} as its own. → Put the value in quotes: "\${{ … }}", or write the mapping in block style, a line for each key.`,
    ],
  ],
  [
    'tag',
    runbookOf('  - id: a\n    on: etcd\n    when: !x\n    run: x\n'),
    [
      '6:11 yaml/tag: YAML reads !x as a tag, not as part of the value. → Write not(x) where "not" is meant, else put the value in quotes.',
    ],
  ],
  [
    'alias',
    runbookOf('  - id: a\n    on: *x\n    run: x\n'),
    [
      '5:9 yaml/alias: YAML reads *x as an alias of something else in the file. → Write the value out, or quote it if the * is part of it.',
    ],
  ],
  [
    'anchor',
    runbookOf('  - id: a\n    on: &x etcd\n    run: x\n'),
    [
      '5:9 yaml/anchor: YAML reads &x as an anchor, not as part of the value. → Remove it, or quote the value if the & is part of it.',
    ],
  ],
  [
    'dup key',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    run: y\n'),
    [
      '7:5 yaml/duplicate-key: This key stands twice in the same mapping; YAML would drop one of them. → Remove one, or give it another name.',
    ],
  ],
  [
    'comment',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    when: run.id == "a" # b\n'),
    [
      '7:11 yaml/comment-cuts-expression: A # follows this expression; YAML takes it and all behind it for a comment. → Put the comment on a line of its own above, or the whole expression in quotes if the # is part of it.',
    ],
  ],
  [
    'colon',
    runbookOf('  - id: a\n    on: etcd\n    run: echo a: b\n'),
    [
      '6:10 yaml/colon-in-value: This value has ": " in it, which YAML reads as another key. → Put the whole value in quotes, or write it on the next line after >-.',
    ],
  ],
  [
    'quote',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    when: "a" == run.id\n'),
    [
      '7:15 yaml/text-after-quote: YAML ends the value at the closing quote or bracket, and more text follows. → A value that begins with a quote or a bracket has to be quoted as a whole, or written on the next line after >-.',
    ],
  ],
  [
    'comma',
    runbookOf('  - id: a\n    set: { x: max(1, 2) }\n'),
    [
      '5:22 yaml/comma-in-braces: Inside { } a comma ends a value: "2)" is read as a key of its own, without a value. → Put a value that has a comma in it in quotes, or write the mapping in block style.',
    ],
  ],
  [
    'yes',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    may_fail: yes\n'),
    [
      '7:15 step/wrong-value: This has to be true or false, in lower case; yes is a text. → Correct may_fail.',
    ],
  ],
  [
    'duration',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    timeout: 30\n'),
    [
      '7:14 step/wrong-value: "30" is no duration. Write a number and its unit, as 250ms, 30s, 5m, 1h30m or 2d. → Correct timeout.',
    ],
  ],
  [
    'unknown name',
    runbookOf(
      '  - id: a\n    on: etcd\n    run: x\n    when: membrs == "x"\n',
      'inputs: { members: { type: hosts, default: etcd } }\n',
    ),
    ['8:11 expression/unknown-name: There is no name membrs here. → Did you mean members?'],
  ],
  [
    'not yet',
    runbookOf('  - id: a\n    set: { x: b.choice }\n  - id: b\n    choose: { one: "true" }\n'),
    [
      '5:15 expression/not-yet: b is not known yet here: it stands further down, or beside this in a parallel group. → Move this below it.',
    ],
  ],
  [
    'several hosts',
    runbookOf(
      '  - id: a\n    on: etcd\n    run: x\n    effect: read\n    outputs: { n: int }\n  - id: b\n    set: { x: a.n }\n',
    ),
    [
      '10:17 expression/several-hosts: a.n could be that of several hosts. → Say which: a.rows (host, outcome and outputs of each), or a.each.n (the list of them).',
    ],
  ],
  [
    'maybe missing',
    runbookOf(
      '  - id: a\n    on: etcd00\n    may_fail: true\n    effect: read\n    run: x\n    outputs: { n: int }\n  - id: b\n    set: { x: a.n }\n',
    ),
    [
      '11:17 expression/may-be-missing: a.n may not be there: a may fail. → Give a default: a.get("n", …); or read a.rows, which has the hosts that have it.',
    ],
  ],
  [
    'when missing',
    runbookOf(
      '  - id: a\n    on: etcd00\n    when: run.id == "x"\n    effect: read\n    run: x\n    outputs: { n: int }\n  - id: b\n    set: { x: a.n }\n',
    ),
    [
      '11:17 expression/may-be-missing: a.n may not be there: a happens only when run.id == "x". → Give a default: a.get("n", …); or read a.rows, which has the hosts that have it.',
    ],
  ],
  [
    'destroy',
    runbookOf('  - id: a\n    on: etcd\n    effect: destroy\n    run: x\n'),
    [
      '4:5 destroy/no-gate: a destroys, and nobody is asked before it. → Put an approve step before it, here or in the runbook that uses this one, without when or with the same when.',
    ],
  ],
  [
    'destroy cond',
    runbookOf(
      '  - id: g\n    when: run.id == "x"\n    approve: { ask: "?" }\n  - id: a\n    on: etcd\n    effect: destroy\n    run: x\n',
    ),
    [
      '7:5 destroy/no-gate: a destroys, and the gate before it is asked only in some cases. → Put an approve step before it, here or in the runbook that uses this one, without when or with the same when.',
    ],
  ],
  [
    'destroy retry',
    runbookOf(
      '  - id: g\n    approve: { ask: "?" }\n  - id: a\n    on: etcd\n    effect: destroy\n    retry: { times: 3 }\n    run: x\n',
    ),
    [
      '9:5 destroy/repeats: A step that destroys never repeats by itself. → Remove retry: a person can run it once more.',
    ],
  ],
  [
    'retry',
    runbookOf('  - id: a\n    on: etcd\n    retry: { every: 1s }\n    run: x\n'),
    [
      '6:12 retry/limit: retry needs either within or times, and not both. → Write retry: { within: 30s } or retry: { times: 3 }.',
    ],
  ],
  [
    'twice',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n  - id: a\n    on: etcd\n    run: x\n'),
    [
      '7:9 name/twice: a is already the name of a step (line 4). → Inputs, steps, set and as share one set of names: give one of them another.',
    ],
  ],
  [
    'twice input',
    runbookOf(
      '  - id: members\n    on: members\n    run: x\n',
      'inputs: { members: { type: hosts, default: etcd } }\n',
    ),
    [
      '5:9 name/twice: members is already the name of an input (line 3). → Inputs, steps, set and as share one set of names: give one of them another.',
    ],
  ],
  [
    'unknown type',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    outputs: { n: integer }\n'),
    ['7:19 type/unknown: There is no type integer. → It is called int here.'],
  ],
  [
    'output name',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    outputs: { host: string }\n'),
    [
      "7:16 outputs/reserved-name: An output can't be called host: host, outcome, rows, each, results, choice mean something already. → Give it another name.",
    ],
  ],
  [
    'missing input',
    runbookOf('  - id: a\n    on: m\n    run: x\n', 'inputs: { m: { type: hosts, help: The members. } }\n'),
    ['3:11 input/missing: The input m is needed: The members. → Give it: -i m=…'],
  ],
  [
    'wrong default',
    runbookOf(
      `  - id: a\n    on: etcd\n    run: x\n    env: { N: "\${{ n }}" }\n`,
      'inputs: { n: { type: int, default: many } }\n',
    ),
    [
      '3:36 input/wrong-value: Input n: "many" is not an int. → Change the default: it has to be of type int, within its limits.',
    ],
  ],
  [
    'min',
    runbookOf(
      `  - id: a\n    on: etcd\n    run: x\n    env: { N: "\${{ n }}" }\n`,
      'inputs: { n: { type: int, default: 3, min: 5 } }\n',
    ),
    [
      '3:36 input/wrong-value: Input n: it has to be 5 at least. → Change the default: it has to be of type int, within its limits.',
    ],
  ],
  [
    'requires',
    runbookOf(
      '  - id: a\n    on: m\n    run: x\n',
      'inputs: { m: { type: hosts, default: web } }\nrequires:\n  an odd number of members: size(m) % 2 == 1\n',
    ),
    ['5:3 requires/not-met: Not met: an odd number of members (size(m) = 2). → Give other inputs.'],
  ],
  [
    'bool',
    runbookOf('  - id: a\n    on: etcd\n    when: run.id\n    run: x\n'),
    [
      '6:11 expression/type: This has to be true or false, and is a string. → Compare it with something: x == "a", x > 0, size(x) > 0.',
    ],
  ],
  [
    'braces',
    runbookOf(`  - id: a\n    on: etcd\n    when: \${{ run.id == "x" }}\n    run: x\n`),
    [
      `6:11 expression/braces-not-needed: Here stands an expression in any case; \${{ }} is for texts. → Write it bare: run.id == "x"`,
    ],
  ],
  [
    'unknown runbook',
    runbookOf('  - id: a\n    use: etcd/membrs\n'),
    ['5:10 use/unknown-runbook: There is no runbook etcd/membrs. → There is main, other.'],
  ],
  [
    'include',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n', 'include: [nothing.sh]\n'),
    [
      "3:11 include/not-found: There is no file nothing.sh to include. → It is looked for beside main.yaml, then in the library's folders.",
    ],
  ],
  [
    'http no via on',
    runbookOf('  - id: a\n    on: etcd\n    http: { url: "http://x/" }\n'),
    [
      '5:5 http/no-hosts: This request is made once, by the worker: on has no meaning. → Add via: host to make it through the SSH connection of each host, or remove the key.',
    ],
  ],
  [
    'http from',
    runbookOf('  - id: a\n    http: { url: "http://x/" }\n    outputs: { n: int }\n'),
    [
      '6:19 outputs/no-from: An output of a request needs to say where it is from. → Write n: { type: …, from: json.… }; there are status, headers, body and json.',
    ],
  ],
  [
    'once host',
    runbookOf('  - id: a\n    set: { x: host.name }\n'),
    [
      '5:15 expression/no-host: host is one of the hosts of a step, and this is evaluated once for all of them. → Name a host (members[0]), or make a group with on and as around the step.',
    ],
  ],
  [
    'secrets',
    runbookOf(`  - id: a\n    on: etcd\n    run: x\n    env: { P: "\${{ secrets.p }}" }\n`),
    [
      '7:20 secret/unknown: No secrets are declared here. → Add secrets: { NAME: env:NAME } to the runbook: where each is found, never what it is.',
    ],
  ],
  [
    'secret itself',
    runbookOf(
      `  - id: a\n    on: etcd\n    run: x\n    env: { P: "\${{ secrets.p }}" }\n`,
      'secrets: { p: hunter2 }\n',
    ),
    [
      "3:15 secret/reference: This does not say where a secret is found. → Write p: env:NAME, or p: file:/PATH, or p: vault:PATH#KEY, or p: sops:FILE#KEY. If the secret itself stood here, change it: it is in this file's history.",
    ],
  ],
  [
    'secret leak',
    runbookOf(
      `  - id: a\n    on: etcd\n    run: x\n    title: With \${{ secrets.p }}\n`,
      'secrets: { p: env:P }\n',
    ),
    [
      "8:21 secret/leak: A secret would be seen here: this text is shown and recorded. → Secrets may stand in env, in an http request's headers and body, in become's password, and be passed to inputs of type secret.",
    ],
  ],
  [
    'sensitive output shown',
    runbookOf(
      `  - id: a\n    on: etcd00\n    run: x\n    outputs: { t: { type: string, sensitive: true } }\n  - id: b\n    approve: { ask: "Go on with \${{ a.t }}?" }\n`,
    ),
    [
      "9:37 secret/leak: A secret would be seen here: this text is shown and recorded. → Secrets may stand in env, in an http request's headers and body, in become's password, and be passed to inputs of type secret.",
    ],
  ],
  [
    'become password',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n    become: { password: hunter2 }\n'),
    [
      `7:25 become/password: A password has to be a secret. → Declare it (secrets: { sudo: env:SUDO_PASSWORD }) and write password: \${{ secrets.sudo }}.`,
    ],
  ],
  [
    'copy of nothing',
    runbookOf('  - id: a\n    on: etcd\n    copy: { from: x.conf, to: x.conf, mode: 0999 }\n'),
    ['6:45 step/wrong-value: mode is three or four octal digits, as 0640. → Correct mode.'],
  ],
  [
    'copy not found',
    runbookOf('  - id: a\n    on: etcd\n    effect: read\n    copy: { from: x.conf, to: x.conf }\n'),
    [
      '6:13 copy/effect: A copy writes: it is never a read. → Remove effect.',
      "7:19 copy/not-found: There is no file or folder x.conf to copy. → It is looked for beside main.yaml, then in the library's folders.",
    ],
  ],
  [
    'copy from several',
    runbookOf('  - id: a\n    on: web\n    copy: { from: { host: etcd, path: x }, to: x }\n'),
    [
      '6:27 copy/several-hosts: A copy comes from one host, and this could be several. → Pick one: members[0], or a name that is one host.',
    ],
  ],
  [
    'version',
    'holdfast: 2\nname: main\nsteps:\n  - id: a\n    on: etcd\n    run: x\n',
    [
      '1:11 runbook/wrong-value: This version of Holdfast reads version 1 of the language. → Correct holdfast.',
    ],
  ],
  [
    'unused',
    runbookOf('  - id: a\n    on: etcd\n    run: x\n', 'inputs: { n: { type: int, default: 3 } }\n'),
    ['3:11 input/unused: Nothing uses the input n. → Remove it, or use it.'],
  ],
  [
    'empty',
    '',
    ['1:1 yaml/no-mapping: The file is empty. → Begin with "holdfast: 1", "name:", "summary:" and "steps:".'],
  ],
  [
    'nothing',
    'holdfast: 1\n',
    [
      '1:1 runbook/missing-key: A runbook needs a name. → Add name: …',
      '1:1 runbook/missing-key: steps is missing here. → Add steps: …',
    ],
  ],
  [
    'list',
    '- a\n',
    [
      '1:1 yaml/no-mapping: The file is not a mapping of keys to values. → Begin with "holdfast: 1", "name:", "summary:" and "steps:".',
    ],
  ],
  [
    'json scalar',
    runbookOf('  - id: a\n    http: { url: "http://x/", json: { a: yes, b: 010 } }\n'),
    [
      '5:42 yaml/ambiguous-scalar: yes could be a truth value or a text: YAML readers differ. → Write "yes" in quotes for a text, or a plain number, true, false or null.',
      '5:50 yaml/ambiguous-scalar: 010 could be a number of another base: YAML readers differ. → Write "010" in quotes for a text, or a plain number, true, false or null.',
    ],
  ],
  [
    'serial',
    runbookOf('  - id: a\n    on: etcd\n    serial: many\n    run: x\n'),
    [
      '6:13 step/serial: serial is a number of hosts (1, 5) or a share of them (25%). → Write serial: 1 for one after the other.',
    ],
  ],
  [
    'any',
    runbookOf('  - id: a\n    on: etcd\n    any: true\n    run: x\n'),
    [
      '6:5 step/any: any takes the first host that answers: only a step with effect: read may do so. → Add effect: read, or remove any.',
    ],
  ],
  [
    'use on',
    runbookOf('  - id: a\n    on: etcd\n    use: other\n'),
    [
      '5:5 use/on: on does not reach into another runbook. → Pass the hosts: with: { members: … }; or add as: NAME to do it once for each host.',
    ],
  ],
  [
    'loop',
    runbookOf(
      '  - id: a\n    on: etcd\n    as: h\n    steps:\n      - id: b\n        effect: read\n        run: x\n        outputs: { n: int }\n  - id: c\n    set: { x: b.n }\n',
    ),
    [
      '13:15 expression/out-of-reach: b is inside the loop a: there is one for each h. → Read it inside the loop.',
    ],
  ],
  [
    'syntax',
    runbookOf('  - id: a\n    set:\n      x: 1 +\n      y: a ==== b\n'),
    [
      '6:13 expression/syntax: Unexpected token: the end. → Correct the expression.',
      '7:14 expression/syntax: Unexpected token: EQ. → Write == to compare.',
    ],
  ],
  [
    'dup doc',
    'holdfast: 1\n---\nholdfast: 1\n',
    [
      '2:1 yaml/several-documents: A second document begins here. → Keep one document in a file: remove the ---, or move what follows to a file of its own.',
    ],
  ],
  [
    'regex',
    runbookOf(
      `  - id: a\n    on: etcd\n    run: x\n    env: { N: "\${{ n }}" }\n`,
      'inputs: { n: { type: string, default: abc, pattern: "(?=x)" } }\n',
    ),
    [
      '3:53 input/pattern: (?=x) is no regular expression (RE2). → RE2 has no look-around and no back-references.',
    ],
  ],
];

describe('a runbook that is wrong', () => {
  it.each(CASES)('%s', (_, text, said) => {
    expect(found(compileTexts({ 'main.yaml': text, 'other.yaml': OTHER }))).toEqual(said);
  });
});

it('everything that is wrong is said at once, also below a wrong key', () => {
  const text = `holdfast: 2
naem: main
inptus: { m: { type: hosts, default: etcd } }
steps:
  - { id: a, on: ectd, run: x, efect: read, any: true }
  - { id: b, on: m, run: y, timeout: 5, when: a.n }
  - { id: c, on: m, rnu: y }
`;
  expect(found(compileTexts({ 'main.yaml': text })).map((line) => line.split(': ')[0])).toEqual([
    '1:1 runbook/missing-key',
    '1:11 runbook/wrong-value',
    '2:1 runbook/unknown-key',
    '3:1 runbook/unknown-key',
    '5:18 on/unknown-host',
    '5:32 step/unknown-key',
    '6:38 step/wrong-value',
    '6:49 expression/type',
    '7:21 step/no-kind',
  ]);
});
