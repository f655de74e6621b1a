import { book, type Entry } from '../entry.ts';

const OTHER = 'holdfast: 1\nname: other\ninputs: { m: hosts }\nsteps:\n  - { id: x, on: m, run: ls }\n';

/** Runbooks that use others. */
export const USE_ENTRIES: readonly Entry[] = [
  {
    code: 'use/unknown-runbook',
    severity: 'error',
    title: 'A runbook that there is not',
    why: 'use names a runbook of the folders: its path without .yaml.',
    bad: {
      files: { 'main.yaml': book('  - { id: a, use: othr, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'use/name',
    severity: 'error',
    title: 'A used runbook that calls itself otherwise',
    why: 'The name in the file is the one that plan and record show: it has to be that by which it was found.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'),
        'other.yaml': OTHER.replace('name: other', 'name: another'),
      },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'use/cycle',
    severity: 'error',
    title: 'Runbooks that use each other',
    why: 'They would never end.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, use: other }\n'),
        'other.yaml': 'holdfast: 1\nname: other\nsteps: [{ id: x, use: main }]\n',
      },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'use/on',
    severity: 'error',
    title: 'on at a use',
    why: 'on does not reach into another runbook: it has hosts as inputs. With as it says for which hosts the runbook is used, once for each.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, use: other, with: { m: etcd } }\n'),
        'other.yaml': OTHER,
      },
    },
    good: {
      files: {
        'main.yaml': book(`  - { id: a, on: etcd, as: one, use: other, with: { m: one } }\n`),
        'other.yaml': OTHER,
      },
    },
  },
  {
    code: 'use/unknown-input',
    severity: 'error',
    title: 'An input that the used runbook has not',
    why: 'What is passed has to be one of its inputs.',
    bad: {
      files: {
        'main.yaml': book('  - { id: a, use: other, with: { m: etcd, n: 3 } }\n'),
        'other.yaml': OTHER,
      },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'use/missing-input',
    severity: 'error',
    title: 'An input that is not passed',
    why: 'An input without a default has to be passed.',
    bad: { files: { 'main.yaml': book('  - { id: a, use: other }\n'), 'other.yaml': OTHER } },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
  {
    code: 'use/wrong-type',
    severity: 'error',
    title: 'A value that the input does not take',
    why: 'What is passed is read by the type of the input, and keeps to its min, max and pattern.',
    bad: {
      files: {
        'main.yaml': book(
          `  - { id: a, use: other, with: { m: "\${{ size("abc") }}" } }\n`.replaceAll('"abc"', "'abc'"),
        ),
        'other.yaml': OTHER,
      },
    },
    good: {
      files: { 'main.yaml': book('  - { id: a, use: other, with: { m: etcd } }\n'), 'other.yaml': OTHER },
    },
  },
];
