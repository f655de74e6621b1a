import { book, type Entry } from '../entry.ts';

/** What waits for a person or a time, what may fail, and what goes back. */
export const WAIT_ENTRIES: readonly Entry[] = [
  {
    code: 'manual/unknown-step',
    severity: 'error',
    title: 'Something done by hand that shows a step there is not',
    why: 'show names steps further up, whose outputs stand beside what is to be done.',
    bad: book('  - { id: a, manual: { do: Move the cable., show: look } }\n'),
    good: book('  - { id: a, manual: Move the cable. }\n'),
  },
  {
    code: 'wait/time',
    severity: 'error',
    title: 'A wait without a time',
    why: 'wait takes a duration, or an expression that gives one. With done it is the longest time to wait, and stands there as it is: the host itself keeps it.',
    bad: book('  - { id: a, wait: a while }\n'),
    good: book('  - { id: a, wait: 30s }\n'),
  },
  {
    code: 'wait/within',
    severity: 'error',
    title: 'A wait with two limits',
    why: 'wait says how long done may take to hold; within would say it again.',
    bad: book('  - { id: a, on: etcd, wait: 5m, done: { run: ls ready, within: 1m } }\n'),
    good: book('  - { id: a, on: etcd, wait: 5m, done: { run: ls ready, every: 2s } }\n'),
  },
  {
    code: 'wait/no-done',
    severity: 'error',
    title: 'A wait on hosts for nothing',
    why: 'A wait without done happens once, for its time. Where and how something is waited for can be said only of a done.',
    bad: book('  - { id: a, on: etcd, wait: 30s }\n'),
    good: book('  - { id: a, on: etcd, wait: 30s, done: ls ready }\n'),
  },
  {
    code: 'step/max-failures',
    severity: 'error',
    title: 'A max_failures that counts nothing',
    why: 'It is how many hosts may fail before no further ones begin: a number, or a share of them. Where failures do not matter, or where there are no hosts to go through, there is nothing to count.',
    bad: book('  - { id: a, on: etcd, max_failures: 1, on_failure: continue, run: ls }\n'),
    good: book('  - { id: a, on: etcd, max_failures: 1, run: ls }\n'),
  },
  {
    code: 'rollback/read',
    severity: 'error',
    title: 'A rollback of what only reads',
    why: 'A rollback runs where its step took effect, and reading has none.',
    bad: book('  - { id: a, on: etcd, effect: read, run: ls, rollback: rm x }\n'),
    good: book('  - { id: a, on: etcd, run: touch x, rollback: rm x }\n'),
  },
];
