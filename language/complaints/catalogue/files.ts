import { book, type Entry } from '../entry.ts';

const OTHER = 'holdfast: 1\nname: other\ninputs: { m: hosts }\nsteps:\n  - { id: x, on: m, run: ls }\n';
const FINE = book('  - { id: a, on: etcd, run: ls }\n');

/** A runbook's file, what it includes, and what it uses. */
export const FILE_ENTRIES: readonly Entry[] = [
  {
    code: 'runbook/unknown-key',
    severity: 'error',
    title: 'A key that a runbook has not',
    why: 'What is not a key of the language would be passed over without a word.',
    bad: book('  - { id: a, on: etcd, run: ls }\n', 'sumary: Looks.\n'),
    good: book('  - { id: a, on: etcd, run: ls }\n', 'summary: Looks.\n'),
  },
  {
    code: 'runbook/missing-key',
    severity: 'error',
    title: 'A key that a runbook needs',
    why: 'A runbook says the version of the language, its name, and its steps.',
    bad: 'name: main\nsteps:\n  - { id: a, on: etcd, run: ls }\n',
    good: FINE,
  },
  {
    code: 'runbook/wrong-value',
    severity: 'error',
    title: 'A value that a key can not have',
    why: 'The message says what the key takes.',
    bad: 'holdfast: 2\nname: main\nsteps:\n  - { id: a, on: etcd, run: ls }\n',
    good: FINE,
  },
  {
    code: 'runbook/wrong-name',
    severity: 'error',
    title: 'A name that can not be one',
    why: 'Names that expressions use begin with a letter and have letters, digits and _ in them.',
    bad: book(`  - { id: a, on: etcd, run: ls }\n`, 'inputs: { free-mb: int }\n'),
    good: {
      files: {
        'main.yaml': book(
          `  - { id: a, on: etcd, run: ls, env: { MB: "\${{ free_mb }}" } }\n`,
          'inputs: { free_mb: int }\n',
        ),
      },
      given: { free_mb: '1' },
    },
  },
  {
    code: 'runbook/name',
    severity: 'error',
    title: 'A name that is not the file’s',
    why: 'A runbook is found by its file, and shown by its name: they have to be alike.',
    bad: { files: { 'main.yaml': 'holdfast: 1\nname: mian\nsteps:\n  - { id: a, on: etcd, run: ls }\n' } },
    good: FINE,
  },
  {
    code: 'fragment/unknown-key',
    severity: 'error',
    title: 'A key that a fragment has not',
    why: 'A file that others include has include, host_vars, env and secrets, and nothing else.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'envs: { A: b }\n',
      },
    },
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'env: { A: b }\n',
      },
    },
  },
  {
    code: 'fragment/wrong-value',
    severity: 'error',
    title: 'A value that a fragment’s key can not have',
    why: 'The message says what the key takes.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'env: A=b\n',
      },
    },
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'env: { A: b }\n',
      },
    },
  },
  {
    code: 'fragment/wrong-name',
    severity: 'error',
    title: 'A name in a fragment that can not be one',
    why: 'Variables of hosts are used in expressions as host.NAME: letters, digits and _.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'host_vars: { peer-url: x }\n',
      },
    },
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [f.yaml]\n'),
        'f.yaml': 'host_vars: { peer_url: x }\n',
      },
    },
  },
  {
    code: 'include/not-found',
    severity: 'error',
    title: 'An include that is not there',
    why: 'An include is looked for beside the file that says so, then from the root of the folder of runbooks. It never leaves those folders.',
    bad: book('  - { id: a, on: etcd, run: say hello }\n', 'include: [say.sh]\n'),
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: say hello }\n', 'include: [say.sh]\n'),
        'say.sh': 'say() { echo "$1"; }\n',
      },
    },
  },
  {
    code: 'include/cycle',
    severity: 'error',
    title: 'Files that include each other',
    why: 'Each would have to come before the other.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [a.yaml]\n'),
        'a.yaml': 'include: [b.yaml]\n',
        'b.yaml': 'include: [a.yaml]\n',
      },
    },
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [a.yaml]\n'),
        'a.yaml': 'include: [b.yaml]\n',
        'b.yaml': 'env: { A: b }\n',
      },
    },
  },
  {
    code: 'include/runbook',
    severity: 'error',
    title: 'A runbook that is included',
    why: 'Only shell files and fragments are included. A runbook is a step: use.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [other.yaml]\n'),
        'other.yaml': OTHER,
      },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'include/unreadable',
    severity: 'error',
    title: 'A file that can not be read',
    why: 'It is there, and may not be read by who runs Holdfast, or is no file.',
    bad: book('  - { id: a, on: etcd, run: ls }\n', 'include: [locked.sh]\n'),
    good: FINE,
    shownOnly: 'language/complaints/catalogue.test.ts',
  },
  {
    code: 'plan/too-large',
    severity: 'error',
    title: 'A plan of more than 1,000,000 bytes',
    why: 'A plan travels in one piece. Scripts stand in it by digest, and values that differ by host as expressions, so that it takes very many hosts or steps.',
    bad: book('  - { id: a, on: thousands, run: ls }\n'),
    good: book('  - { id: a, on: etcd, run: ls }\n'),
    shownOnly: 'language/complaints/catalogue.test.ts',
  },
];
