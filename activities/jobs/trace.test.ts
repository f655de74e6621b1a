import { describe, expect, it } from 'vitest';
import type { Seen } from './decide.ts';
import { notInModel, type Observed } from './trace.ts';
import type { Watched } from './watch.ts';

const BOOTS = ['first', 'second'];
const gone: Observed = { kind: 'gone', calls: ['a'] };

function told(call: string, event: Watched, generation = 0): Observed {
  return { kind: 'told', call, generation, event };
}

function seen(what: Partial<Seen>): Seen {
  return {
    place: 'intact',
    newerEpoch: false,
    boot: 'first',
    job: 'taken',
    rc: undefined,
    never: false,
    supervisorLives: false,
    sessionLives: false,
    olderLives: false,
    ...what,
  };
}

/** What one call tells of a job, from its beginning to a launch. */
function launched(call: string): readonly Observed[] {
  return [
    told(call, { at: 'calls' }),
    told(call, { at: 'begins', boot: 'first' }),
    told(call, { at: 'start stands', started: { boot: 'first' } }),
    told(call, { at: 'sends', launches: true }),
  ];
}

/** A call that finds the start of an earlier one. */
function found(call: string): readonly Observed[] {
  return [
    told(call, { at: 'calls' }),
    told(call, { at: 'found', started: { boot: 'first' } }),
    told(call, { at: 'sends', launches: true }),
  ];
}

function done(call: string): readonly Observed[] {
  return [
    told(call, { at: 'answered', seen: seen({ rc: 0 }), act: 'done', why: '' }),
    told(call, { at: 'knows', end: 'ended' }),
    told(call, { at: 'recorded', outcome: 'succeeded', rc: 0 }),
  ];
}

const unknown = (call: string): readonly Observed[] => [
  told(call, { at: 'answered', seen: seen({}), act: 'unknown', why: '' }),
  told(call, { at: 'knows', end: 'unknown' }),
  told(call, { at: 'recorded', outcome: 'unknown' }),
];

const follows = told('a', { at: 'answered', seen: seen({ supervisorLives: true }), act: 'follow', why: '' });
const looks = told('a', { at: 'sends', launches: false });
const absent = seen({ job: 'absent' });
const lacks = told('a', { at: 'answered', seen: absent, act: 'refuse', why: 'library' });
const [calls, begins, ...others] = launched('a');

describe('a trace of the model', () => {
  it.each<readonly [string, readonly Observed[]]>([
    ['a job that ends', [...launched('a'), ...done('a')]],
    ['one that is followed', [...launched('a'), follows, looks, ...done('a')]],
    ['a worker killed after its launch', [...launched('a'), gone, ...found('b'), ...done('b')]],
    [
      'one killed with the result in hand',
      [...launched('a'), ...done('a').slice(0, 2), gone, ...found('b'), ...done('b')],
    ],
    [
      'one killed before anything was sent',
      [...launched('a').slice(0, 3), gone, ...found('b'), ...done('b')],
    ],
    [
      'a lost connection',
      [
        ...launched('a'),
        told('a', { at: 'lost', sent: true }),
        told('a', { at: 'sends', launches: true }),
        ...done('a'),
      ],
    ],
    [
      'a launch without the texts that the host has not, sent again with them',
      [...launched('a'), lacks, told('a', { at: 'sends', launches: true }), ...done('a')],
    ],
    [
      'a killed supervisor, and the command asked for again',
      [
        ...launched('a'),
        { kind: 'strikes', what: 'supervisor' },
        { kind: 'struck', what: 'supervisor' },
        ...unknown('a'),
        told('b', { at: 'calls' }, 1),
        told('b', { at: 'begins', boot: 'first' }, 1),
        told('b', { at: 'start stands', started: { boot: 'first' } }, 1),
        told('b', { at: 'sends', launches: true }, 1),
        ...done('b').map((one) => (one.kind === 'told' ? { ...one, generation: 1 } : one)),
      ],
    ],
    [
      'a host rebooted while it ran',
      [
        ...launched('a'),
        { kind: 'strikes', what: 'host' },
        told('a', { at: 'lost', sent: true }),
        { kind: 'struck', what: 'host' },
        told('a', { at: 'sends', launches: true }),
        told('a', { at: 'answered', seen: seen({ boot: 'second' }), act: 'unknown', why: '' }),
        told('a', { at: 'knows', end: 'unknown' }),
        told('a', { at: 'recorded', outcome: 'unknown' }),
      ],
    ],
  ])('%s', (_, trace) => {
    expect(notInModel(trace, BOOTS)).toBeUndefined();
  });
});

describe('a doctored trace is refused at the first step that the model does not have', () => {
  it.each<readonly [string, readonly Observed[], RegExp]>([
    [
      'a launch before its start is recorded',
      [calls, begins, others[1]].filter((one) => one !== undefined),
      /^3 of 3: .*sends/,
    ],
    [
      'a launch after a refusal for want of space',
      [
        ...launched('a'),
        told('a', { at: 'answered', seen: absent, act: 'refuse', why: 'space' }),
        told('a', { at: 'sends', launches: true }),
      ],
      /^6 of 6: .*sends/,
    ],
    [
      'a start where go was taken',
      [...launched('a'), follows, told('a', { at: 'sends', launches: true })],
      /^6 of 6: .*sends/,
    ],
    [
      'a second start after an end',
      [
        ...launched('a'),
        ...done('a').slice(0, 1),
        told('a', { at: 'answered', seen: absent, act: 'start', why: '' }),
      ],
      /^6 of 6: .*start/,
    ],
    [
      'an end that nobody saw',
      [...launched('a'), told('a', { at: 'recorded', outcome: 'succeeded', rc: 0 })],
      /^5 of 5: .*recorded/,
    ],
    [
      'success in the place of what was seen',
      [
        ...launched('a'),
        { kind: 'strikes', what: 'supervisor' },
        ...unknown('a').slice(0, 2),
        told('a', { at: 'recorded', outcome: 'succeeded', rc: 0 }),
      ],
      /^8 of 8: .*recorded/,
    ],
    ['unknown, and nothing was killed', [...launched('a'), ...unknown('a')], /^5 of 7: .*unknown/],
    [
      'another boot id, and no reboot',
      [
        ...launched('a'),
        told('a', { at: 'answered', seen: seen({ boot: 'second' }), act: 'unknown', why: '' }),
      ],
      /^5 of 5: .*second/,
    ],
    [
      'an attempt again that nobody asked for',
      [...launched('a'), told('b', { at: 'calls' }, 1)],
      /^5 of 5: .*calls/,
    ],
    ['a word of one that is gone', [...launched('a'), gone, ...done('a')], /^6 of 8: .*done/],
    [
      'nothing was started, after a launch',
      [...launched('a'), told('a', { at: 'knows', end: 'refused' })],
      /^5 of 5: .*refused/,
    ],
  ])('%s', (_, trace, first) => {
    expect(notInModel(trace, BOOTS)).toMatch(first);
  });
});
