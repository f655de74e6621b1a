import { fileURLToPath } from 'node:url';

export const HISTORIES = fileURLToPath(new URL('.', import.meta.url));

/** A run, and what people ask of it on its way. */
export type Script = {
  readonly name: string;
  readonly runbook: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly asks: readonly {
    readonly when: 'held' | 'waiting' | 'running';
    /** A step whose commands run by then. */
    readonly at?: string;
    /** A command on every host before it is asked. */
    readonly onHosts?: string;
    readonly ask: string;
    readonly body?: object;
  }[];
  readonly ends: 'succeeded' | 'cancelled' | 'failed' | 'rolled_back';
};

/** Together they go through every kind of command that the interpreter gives to Temporal. */
export const SCRIPTS: readonly Script[] = [
  { name: 'three-steps', runbook: 'three', asks: [], ends: 'succeeded' },
  {
    name: 'hold-and-retry',
    runbook: 'picky',
    asks: [
      { when: 'held', ask: 'retry', body: { hosts: ['etcd00'] }, onHosts: 'touch ready' },
      { when: 'held', ask: 'skip', body: { outputs: { version: 3 } } },
    ],
    ends: 'succeeded',
  },
  { name: 'gate', runbook: 'gated', asks: [{ when: 'waiting', ask: 'approve' }], ends: 'succeeded' },
  { name: 'use-and-loop', runbook: 'outer', asks: [], ends: 'succeeded' },
  {
    name: 'abort',
    runbook: 'endless',
    asks: [{ when: 'running', at: 'work', ask: 'abort' }],
    ends: 'cancelled',
  },
  { name: 'rollback', runbook: 'back', asks: [], ends: 'rolled_back' },
  {
    name: 'wait-and-manual',
    runbook: 'patient',
    asks: [{ when: 'waiting', ask: 'confirm' }],
    ends: 'succeeded',
  },
  {
    name: 'unknown',
    runbook: 'vanishing',
    asks: [
      { when: 'held', ask: 'resolve', body: { step: 'asked', host: 'etcd00', as: 'succeeded' } },
      { when: 'held', ask: 'resolve', body: { step: 'asked', host: 'etcd01', as: 'run_again' } },
    ],
    ends: 'succeeded',
  },
];

/** The first time it is run, it ends with its supervisor: nobody can tell how. */
const VANISHES = `
      [ ! -e "$RUN.$STEP" ] || exit 0
      touch "$RUN.$STEP"
      for file in .holdfast/runs/"$RUN"/*/sup.*; do IFS=.; set -- \${file##*/sup.}; kill -9 "$2"; done
      kill -9 $$`;

export const RUNBOOKS = {
  'three.yaml': `
holdfast: 1
name: three
summary: Three steps, of which the second is followed for a while.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: first
    run: echo first
  - id: second
    run: sleep 3
  - id: third
    run: echo lines=3 >>"$OUTPUT"
    outputs: { lines: int }
outputs:
  lines: third.rows.map(r, r.lines)
`,
  'picky.yaml': `
holdfast: 1
name: picky
summary: Fails where a file is missing.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: pick
    run: |
      [ -e ready ] || { echo "the file ready is missing" >&2; exit 1; }
      echo version=2 >>"$OUTPUT"
    outputs: { version: int }
  - id: use
    env: { VERSION: '\${{ pick.version }}' }
    run: echo "version $VERSION"
`,
  'gated.yaml': `
holdfast: 1
name: gated
summary: Looks, asks, acts.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: look
    effect: read
    run: echo size=5 >>"$OUTPUT"
    outputs: { size: int }
  - id: sure
    approve:
      ask: Shall it be done?
      by: [owner]
      allow_requester: true
      expires: 1h
      show: [look]
  - id: act
    effect: destroy
    run: echo done
`,
  'inner.yaml': `
holdfast: 1
name: inner
summary: Is used by another.
inputs: { members: { type: hosts, default: etcd }, number: int }
on: members
steps:
  - id: say
    env: { NUMBER: '\${{ number }}' }
    run: echo "said=$NUMBER" >>"$OUTPUT"
    outputs: { said: int }
outputs:
  total: size(say.rows)
`,
  'outer.yaml': `
holdfast: 1
name: outer
summary: Loops, chooses, uses another, at the same time too.
inputs: { members: { type: hosts, default: etcd } }
steps:
  - id: rounds
    for_each: '[1, 2, 3]'
    as: number
    steps:
      - id: inner
        use: inner
        with: [members, number]
  - id: both
    parallel: true
    steps:
      - id: left
        on: members
        run: echo left
      - id: right
        on: members
        run: sleep 0.2
  - id: judge
    set:
      n: size(members)
    choose:
      many: n > 5
      few: "true"
  - id: last
    on: members
    when: judge.choice == "few"
    run: echo last
`,
  'endless.yaml': `
holdfast: 1
name: endless
summary: Has to be stopped.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: work
    run: sleep 600
  - id: more
    run: echo more
`,
  'back.yaml': `
holdfast: 1
name: back
summary: Goes back over what it did.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: first
    run: echo number=1 >>"$OUTPUT"
    outputs: { number: int }
    rollback: { run: echo "without $NUMBER", env: { NUMBER: '\${{ first.number }}' } }
  - id: both
    as: member
    on: hosts
    serial: 1
    steps:
      - id: second
        on: member
        run: echo second
        rollback: echo without the second
  - id: third
    run: exit 3
    on_failure: rollback
`,
  'patient.yaml': `
holdfast: 1
name: patient
summary: Waits for time and for a hand.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: look
    effect: read
    run: echo size=5 >>"$OUTPUT"
    outputs: { size: int }
  - id: pause
    wait: 2s
  - id: hand
    manual: Move the cable.
  - id: last
    run: echo last
`,
  'vanishing.yaml': `
holdfast: 1
name: vanishing
summary: Two steps of which nobody can tell how they ended; one runs again by itself.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: again
    idempotent: true
    env: { STEP: again }
    run: |${VANISHES}
  - id: asked
    env: { STEP: asked }
    run: |${VANISHES}
`,
} as const;
