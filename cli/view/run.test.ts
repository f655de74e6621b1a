import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import type { CellView, RunView } from '../../server/api/runs.ts';
import { frame } from './frame.ts';
import { nextForRun } from './next.ts';
import { HELD, NOW, WAITING } from './run.fixture.ts';
import { runPage } from './run.ts';
import { hostsInWords, troubleLines } from './steps.ts';
import { width } from './text.ts';

const paint = picocolors.createColors(false);
const look = { paint, now: NOW, columns: 90 };
const live = { ...look, rows: 24, planned: [], tail: '', lost: false };

test('a held run says where, why and what can be typed, before its steps', () => {
  const page = runPage(HELD, look);
  expect(page).toContain('HELD at join[etcd01]/start for 30.0 s');
  expect(page).toContain('etcd01 failed (exit 3): no such luck [start.sh:12]');
  expect(page.indexOf('HELD')).toBeLessThan(page.indexOf('Steps'));
});

test('the commands of a held step can be pasted into a shell', () => {
  expect(nextForRun(HELD).map(({ command }) => command)).toEqual([
    "holdfast retry r-20261123-h3k2x7 --step 'join[etcd01]/start'",
    "holdfast skip r-20261123-h3k2x7 --step 'join[etcd01]/start' -m REASON",
    'holdfast abort r-20261123-h3k2x7 -m REASON',
  ]);
});

test('an unknown outcome offers to resolve it on its host', () => {
  const [held] = HELD.held;
  const offers = ['resolve', 'skip', 'retry', 'abort'] as const;
  const unknown = { ...HELD, held: held === undefined ? [] : [{ ...held, offers: [...offers] }] };
  const commands = nextForRun(unknown).map(({ command }) => command);
  expect(commands[0]).toContain('--host etcd01 --as succeeded|failed|run_again -m REASON');
  // The run would refuse to repeat or to pass over what may have run.
  expect(commands.map((command) => command.split(' ')[1])).toEqual(['resolve', 'abort']);
});

test('a gate shows its question, what it shows by host, and both answers', () => {
  const page = runPage(WAITING, look);
  expect(page).toContain('Stop every member?');
  expect(page).toContain('etcd01  members=3  revision=40');
  expect(page).toContain('holdfast approve r-20261123-h3k2x7 --step really -m REASON');
  expect(page).toContain('holdfast reject');
});

test('every step has a word beside its symbol: nothing is told by colour alone', () => {
  const page = runPage(HELD, look);
  expect(page).toMatch(/✓ look +succeeded +2\/2 ok +1\.5 s/);
  expect(page).toMatch(/✗ {3}start +held +1\/2 ok, etcd01 failed/);
});

test('hosts are counted, and those that did not do well are named', () => {
  const cells = ['succeeded', 'failed', 'running', 'running'].map((outcome, i) => ({
    host: `h${i}`,
    outcome: outcome as 'succeeded',
    generation: 0,
  }));
  expect(hostsInWords(cells)).toBe('1/4 ok, h1 failed, h2 h3 running');
});

test('a hundred running hosts are a number, a hundred failed ones are named in part', () => {
  const cells = (outcome: 'running' | 'failed') =>
    Array.from({ length: 100 }, (_, i) => ({ host: `h${i}`, outcome, generation: 0 }));
  expect(hostsInWords(cells('running'))).toBe('0/100 ok, 100 running');
  expect(hostsInWords(cells('failed'))).toBe('0/100 ok, h0 h1 h2 h3 and 96 more failed');
});

test('a frame fits its screen: finished steps are folded, and trouble among them is named', () => {
  const done = Array.from({ length: 60 }, (_, i) => ({
    step: `s${i}`,
    title: `s${i}`,
    outcome: i === 3 ? ('failed' as const) : ('succeeded' as const),
    hosts: [],
  }));
  const text = frame({ ...HELD, held: [], status: 'running', steps: done }, live);
  const lines = text.split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(90);
  expect(text).toMatch(/… \d+ steps before, 1 of them not well: s3/);
});

test('a frame says what keeps the run from going on, and until when a lost host is looked for', () => {
  const hosts = [
    {
      host: 'etcd00',
      outcome: 'running' as const,
      generation: 0,
      looked_for: { since: NOW, until: NOW + 900_000, why: 'the connection was refused' },
    },
  ];
  const steps = [{ step: 'copy', title: 'copy', outcome: 'running' as const, hosts }];
  const text = frame({ ...HELD, held: [], status: 'running', warning: 'no space is left', steps }, live);
  expect(text).toContain('no space is left');
  expect(text).toMatch(/etcd00 can't be asked, looked for until [\d:]+: the connection was refused/);
});

test('a frame says what is to come, what was said last, and that the connection is gone', () => {
  const step = (path: string, kind: 'run' | 'approve') => ({
    path,
    depth: 0,
    kind,
    title: path,
    on_failure: 'hold' as const,
    at: { file: 'f', line: 1, column: 1 },
  });
  const planned = [step('look', 'run'), step('really', 'approve'), step('stop', 'run')];
  const text = frame(
    { ...WAITING, gates: [], status: 'running' },
    { ...live, planned, tail: 'etcd01: 40 %', lost: true },
  );
  expect(text).toContain('to come: really (gate), stop');
  expect(text).toContain('etcd01: 40 %');
  expect(text).toContain('connection lost');
});

test('an unknown outcome gives its reason once and says whether its processes live', () => {
  const why = 'no trace of it is left';
  const line = (session_lives: boolean) =>
    troubleLines({
      step: 'a',
      title: 'a',
      outcome: 'running',
      hosts: [{ host: 'h1', outcome: 'unknown', generation: 0, reason: why, evidence: why, session_lives }],
    })[0];
  expect(line(false)).toBe('h1 unknown: no trace of it is left');
  expect(line(true)).toBe('h1 unknown: no trace of it is left — its processes still live');
});

test('an unknown outcome shows what there is to go by: reboot, processes, last line, directory', () => {
  const [held] = HELD.held;
  const page = (cell: Partial<CellView>) =>
    runPage(
      {
        ...HELD,
        steps: HELD.steps.map((step) =>
          step.step !== held?.step
            ? step
            : {
                ...step,
                hosts: [
                  { host: 'etcd01', outcome: 'unknown', generation: 0, started_at: NOW - 60_000, ...cell },
                ],
              },
        ),
      },
      look,
    );
  const boot = { launched: '11111111-aaaa', now: '22222222-bbbb' };
  const rebooted = page({
    session_lives: false,
    trace: { asked_at: NOW, boot, said: 'copied 3 of 7', directory: '/home/x/.holdfast/runs/r/j' },
  });
  expect(rebooted).toMatch(/begun at \S+, 1 min 00 s ago/);
  expect(rebooted).toContain('REBOOTED since the launch (boot id 11111111, now 22222222)');
  expect(rebooted).toContain('no process of it lives there');
  expect(rebooted).toContain('its last line: copied 3 of 7');
  expect(rebooted).toContain('its directory there: /home/x/.holdfast/runs/r/j');
  expect(page({ session_lives: true, trace: { asked_at: NOW, session: 4711 } })).toContain(
    'processes of it LIVE there: ps -s 4711 lists them',
  );
  const lost = page({ trace: { lost_since: NOW - 120_000 } });
  expect(lost).toMatch(/the host can't be asked since \S+, 2 min 00 s ago/);
  expect(lost).toContain('whether processes of it live there is not known');
});

test('what a person skipped shows the person’s reason, not the failure before it', () => {
  const cell = {
    host: 'h1',
    outcome: 'skipped',
    generation: 0,
    rc: 3,
    reason: 'no',
    decided: 'done by hand',
  } as const;
  expect(troubleLines({ step: 'a', title: 'a', outcome: 'skipped', hosts: [cell] })).toEqual([
    'h1 skipped, said by a person: done by hand',
  ]);
});

test('a step that was cut short by the end of its run is stopped, not running', () => {
  const page = runPage({ ...HELD, status: 'cancelled', held: [], ended_at: NOW }, look);
  expect(page).toMatch(/start +stopped/);
});

test('a held run whose steps can be undone offers that, and says which, the last first', () => {
  const undoable = [
    { step: 'join[etcd01]/start', hosts: ['etcd01'] },
    { step: 'look', hosts: ['etcd00'] },
  ];
  expect(nextForRun({ ...HELD, undoable }).at(-1)).toEqual({
    command: 'holdfast abort r-20261123-h3k2x7 --rollback -m REASON',
    does: 'end the run, and undo join[etcd01]/start, look',
  });
});

test('a run on its way back says so; what it was at is stopped, and an abort stops rolling back', () => {
  const [look1, started] = HELD.steps;
  const back: RunView = {
    ...HELD,
    status: 'running',
    held: [],
    rolling_back_since: NOW - 10_000,
    steps: [look1, started].flatMap((step) => step ?? []),
  };
  expect(runPage(back, look)).toContain('rolling back');
  expect(runPage(back, look)).toMatch(/start +stopped/);
  const undo = {
    ...HELD.held[0],
    step: 'look/rollback',
    hosts: ['etcd00'],
    why: 'x',
    offers: ['abort' as const],
    since: NOW,
  };
  expect(nextForRun({ ...back, status: 'held', held: [undo] })).toEqual([
    {
      command: 'holdfast abort r-20261123-h3k2x7 -m REASON',
      does: 'stop rolling back; what is not undone yet stays done',
    },
  ]);
});
