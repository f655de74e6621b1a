import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { digest, hostName, stepInstance } from '../../plan/ids.ts';
import type { HttpStep, Step } from '../../plan/plan.ts';
import type { Answer } from '../port.fake.ts';
import { cel, gateStep, hosts, once, planOf, runStep, settle, start, works } from './walk.fixture.ts';

const abort = { kind: 'abort', rollback: false } as const;
const [a, b] = [hostName('a'), hostName('b')];

describe('a group that is run once more as a whole', () => {
  const group: Step = {
    ...once,
    id: 'both',
    kind: 'group',
    parallel: false,
    steps: [runStep('wipe', { effect: 'destroy' })],
    check: [{ words: 'clean', holds: cel('1 > 2'), figures: [] }],
  };

  it('asks the gate again before what it destroys', async () => {
    const started = start(planOf([gateStep('go'), group]), works);
    await started.ask({ kind: 'approve' });
    await started.ask({ kind: 'retry' });
    await settle();
    expect(started.port.rounds.map((round) => round.step)).toEqual(['both/wipe']);
    await started.ask({ kind: 'approve' });
    await settle();
    expect(started.port.rounds.map((round) => round.step)).toEqual(['both/wipe', 'both~2/wipe']);
    await started.ask(abort);
    await started.end;
  });

  it('is held where that gate is not passed', async () => {
    const started = start(planOf([gateStep('go'), group]), works);
    await started.ask({ kind: 'approve' });
    await started.ask({ kind: 'retry' });
    await started.ask({ kind: 'reject' });
    await settle();
    expect(started.port.rounds).toHaveLength(1);
    expect(started.port.kinds().at(-1)).toBe('run.held');
    await started.ask(abort);
    await started.end;
  });
});

describe('a gate', () => {
  it('inside a group counts for what destroys after the group', async () => {
    const group: Step = { ...once, id: 'ask', kind: 'group', parallel: false, steps: [gateStep('go')] };
    const wipe = runStep('wipe', { effect: 'destroy' });
    const started = start(planOf([group, wipe]), (_, task) => ({
      outcome: task.generation === 0 ? 'failed' : 'succeeded',
    }));
    await started.ask({ kind: 'approve' });
    await started.ask({ kind: 'retry' });
    await settle();
    expect(started.port.rounds).toHaveLength(1);
    await started.ask({ kind: 'approve' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  describe('beside a destroy step that is run once more', () => {
    const wipe = runStep('wipe', { effect: 'destroy' });
    const beside: Step = {
      ...once,
      id: 'both',
      kind: 'group',
      parallel: true,
      steps: [gateStep('beside', { ask: ['Beside?'] }), wipe],
    };
    const plan = planOf([
      gateStep('before', { ask: ['Before?'] }),
      beside,
      runStep('after', { effect: 'destroy' }),
    ]);
    const fails =
      (...steps: readonly string[]): Answer =>
      ({ step }, { generation }) => ({
        outcome: generation === 0 && steps.includes(step) ? 'failed' : 'succeeded',
      });
    const asked = (record: ReadonlyMap<string, Entry>, id: string) => {
      const opened = record.get(`r1/gate.opened/${id}`);
      return opened?.kind === 'gate.opened' ? opened.data.ask : undefined;
    };

    it('is not asked for it, also where it was passed meanwhile: the one before both is', async () => {
      const record = new Map<string, Entry>();
      const started = start(plan, fails('both/wipe'), record);
      await started.ask({ kind: 'approve' });
      await started.ask({ kind: 'approve', step: stepInstance('beside') });
      await started.ask({ kind: 'retry' });
      await settle();
      expect(asked(record, 'both/wipe/gate/1')).toBe('Before?');
      await started.ask({ kind: 'approve' });
      expect(await started.end).toMatchObject({ status: 'succeeded' });
    });

    it('is asked for what comes after both', async () => {
      const record = new Map<string, Entry>();
      const started = start(plan, fails('after'), record);
      await started.ask({ kind: 'approve' });
      await started.ask({ kind: 'approve' });
      await started.ask({ kind: 'retry' });
      await settle();
      expect(asked(record, 'after/gate/1')).toBe('Beside?');
      await started.ask({ kind: 'approve' });
      await started.end;
    });

    it('and the one that was asked stay answered when the run goes on from its record', async () => {
      const record = new Map<string, Entry>();
      const started = start(plan, fails('both/wipe'), record);
      await started.ask({ kind: 'approve' });
      await started.ask({ kind: 'retry' });
      await started.ask({ kind: 'approve', step: stepInstance('wipe') });
      await started.ask({ kind: 'approve', step: stepInstance('beside') });
      const end = await started.end;
      const entries = [...record];
      const answered = entries.findLastIndex(([, { kind }]) => kind === 'operator.applied') + 1;
      for (let length = answered; length < entries.length; length += 1) {
        const walked = new Map(entries.slice(0, length));
        expect(await start(plan, fails('both/wipe'), walked, { epoch: 2 }).end).toEqual(end);
        const gates = [...walked.values()].filter(({ kind }) => kind === 'gate.opened');
        expect(gates).toHaveLength(3);
      }
    });
  });

  it('that was rejected can’t be skipped, nor gone on from', async () => {
    const started = start(planOf([gateStep('go', { onFailure: 'continue' }), runStep('one')]), works);
    await started.ask({ kind: 'reject' });
    expect(await started.ask({ kind: 'skip' })).toMatchObject({ taken: false });
    expect(started.port.rounds).toEqual([]);
    await started.ask(abort);
    await started.end;
  });

  it('where there is identity takes only those who may answer, as many as it wants, each once', async () => {
    const gate = gateStep('go', { by: ['ann', 'bob', 'ops'], count: 2, allowRequester: false });
    const ledger = new Map<string, Entry>();
    const plan = planOf([gate, runStep('one')]);
    const started = start(plan, works, ledger, { identity: 'shared' });
    expect(await started.ask({ kind: 'approve' }, undefined, 'eve')).toMatchObject({ taken: false });
    expect(await started.ask({ kind: 'approve' }, undefined, 'ops')).toMatchObject({ taken: false });
    expect(await started.ask({ kind: 'approve' }, undefined, 'ann')).toMatchObject({ taken: true });
    expect(await started.ask({ kind: 'approve' }, undefined, 'ann')).toMatchObject({ taken: false });
    // The engine is lost here: one approval stands in the record.
    const again = start(plan, works, ledger, { identity: 'shared', epoch: 2 });
    expect(await again.ask({ kind: 'approve' }, undefined, 'ann')).toMatchObject({ taken: false });
    expect(await again.ask({ kind: 'approve' }, undefined, 'bob')).toMatchObject({ taken: true });
    expect(await again.end).toMatchObject({ status: 'succeeded' });
  });
});

describe('a host that takes no part any more', () => {
  const fails = (step: string) => (request: { readonly step: string }, task: { readonly host: string }) => ({
    outcome: request.step === step && task.host === 'a' ? ('failed' as const) : ('succeeded' as const),
  });

  it('takes the rest of its iteration with it, also what happens elsewhere on its behalf', async () => {
    const group: Step = {
      ...once,
      id: 'each',
      kind: 'group',
      parallel: false,
      steps: [
        runStep('start', { on: [{ op: 'add', of: { expr: cel('x') } }], onFailure: 'continue' }),
        runStep('register', { on: [{ op: 'add', of: { hosts: [hostName('c')] } }] }),
      ],
      loop: { over: 'hosts', on: [{ op: 'add', of: { hosts: [a, b] } }], as: 'x', serial: { hosts: 1 } },
    };
    const plan = planOf([group], { outputs: { joined: cel('each.rows.map(r, r.x.name).join(" ")') } });
    const started = start(plan, fails('each[a]/start'));
    expect(await started.end).toMatchObject({ status: 'failed', outputs: { joined: 'b' } });
    expect(started.port.rounds.map((round) => round.step)).toEqual([
      'each[a]/start',
      'each[b]/start',
      'each[b]/register',
    ]);
  });

  it('is named where a step is left with nobody', async () => {
    const on = [{ op: 'add', of: { hosts: [a] } }] as const;
    const plan = planOf([runStep('one', { onFailure: 'continue' }), runStep('two', { on })]);
    const started = start(plan, fails('one'));
    await started.end;
    const two = started.port.entries.find(
      (entry) => entry.kind === 'step.ended' && entry.data.step === 'two',
    );
    expect(two?.data).toMatchObject({ outcome: 'skipped', why: expect.stringContaining('a: takes no part') });
  });
});

describe('an unknown', () => {
  it('that the runbook takes as failed is recorded so, and is asked about where something still lives', async () => {
    const plan = planOf([runStep('one', { onUnknown: 'fail', onFailure: 'continue' })]);
    const started = start(plan, (_, task) => ({ outcome: 'unknown', sessionLives: task.host === 'b' }));
    await settle();
    expect(started.port.entries.filter((entry) => entry.kind === 'unknown.resolved')).toHaveLength(2);
    await started.ask({ kind: 'resolve', host: b, as: 'failed' });
    expect(await started.end).toMatchObject({ status: 'failed' });
  });

  it('of a request is settled by its done, which is asked and never sent as the request', async () => {
    const request = (url: string) =>
      ({ method: 'POST', url: [url], headers: {}, expect: { status: [200] } }) as const;
    const { script: _, ...common } = runStep('call', { on: [{ op: 'add', of: { hosts: [a] } }] });
    const step: HttpStep = {
      ...common,
      kind: 'http',
      request: { ...request('/act'), via: 'host' },
      done: { request: request('/look'), holds: cel('status == 200'), everyMs: 1, withinMs: 5 },
    };
    const asked: unknown[] = [];
    const started = start(planOf([step]), ({ effect, step: name }, task) => {
      asked.push([name, effect, task.request?.url]);
      return effect === 'read' ? { outcome: 'unchanged' } : { outcome: 'unknown', sessionLives: false };
    });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(asked).toEqual([
      ['call', 'change', '/act'],
      ['call!done', 'read', '/look'],
    ]);
  });
});

describe('large outputs', () => {
  it('are fetched a few at a time', async () => {
    const outputs = { big: { type: { kind: 'string' } } } as const;
    const started = start(planOf([runStep('one', { outputs })]), (_, task) => ({
      outcome: 'succeeded',
      stored: { big: { sha256: digest(`"${task.host}"`), bytes: 60_000 } },
    }));
    const parts: number[] = [];
    const texts = started.port.texts.bind(started.port);
    started.port.texts = (digests) => {
      parts.push(digests.length);
      return texts(digests);
    };
    await started.end;
    expect(parts).toEqual([2, 1]);
    expect(hosts).toHaveLength(3);
  });

  it('are shown at a gate as far as they fit, and what is answered is all of them', async () => {
    const opened = async (end: string) => {
      const one = runStep('one', { outputs: { big: { type: { kind: 'string' } } } });
      const started = start(planOf([one, gateStep('go', { show: ['one'] })]), () => ({
        outcome: 'succeeded',
        outputs: { big: 'x'.repeat(60_000) + end },
      }));
      await settle();
      const entry = started.port.entries.find(({ kind }) => kind === 'gate.opened');
      return entry?.kind === 'gate.opened' ? entry.data : undefined;
    };
    const [first, other] = [await opened('a'), await opened('b')];
    expect(JSON.stringify(first?.shown).length).toBeLessThan(70_000);
    expect(JSON.stringify(first?.shown).match(/more characters: holdfast show r1 -o json/g)).toHaveLength(3);
    expect(first?.shown).toEqual(other?.shown);
    expect(first?.shownDigest).not.toBe(other?.shownDigest);
  });
});
