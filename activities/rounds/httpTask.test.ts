import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { parseExactJson } from '../../plan/expressions/exact-json.ts';
import { digest, hostName, runId, stepInstance } from '../../plan/ids.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ResolvedRequest, RoundAnswer, RoundRequest, RoundWork } from '../../plan/rounds.ts';
import type { HttpAnswer } from '../http/performRequest.ts';
import type { Clock } from '../jobs/jobSpec.ts';
import type { Connected } from '../ssh/ssh.ts';
import { noSecrets, type Redaction, type SecretsOfRun } from './context.ts';
import { attemptStartedKey } from './keys.ts';
import { createRounds } from './rounds.ts';

const RUN = runId('run-of-http');
const HOST = hostName('etcd00');
const STEP = stepInstance('ask');
const URL = 'http://127.0.0.1:2379';

/** Time that passes only when a test says so. */
class HandClock implements Clock {
  #now = 1_000_000;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now = (): number => this.#now;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });

  /** Lets this many milliseconds pass; who wakes in between does so at their time. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      for (let turns = 0; turns < 20; turns += 1) await turn();
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
  }
}

type Service = (request: ResolvedRequest, stop: AbortSignal | undefined) => Promise<HttpAnswer> | HttpAnswer;
type Http = Extract<RoundWork, { kind: 'http' }>;

const ledgers: OpenLedger[] = [];
afterEach(async () => {
  await Promise.all(ledgers.splice(0).map((ledger) => ledger.close()));
});

/** A ledger, a clock, a service that is asked, and workers on them. */
function world(
  service: Service,
  more: { readonly connected?: Connected; readonly secrets?: Partial<SecretsOfRun> } = {},
) {
  const clock = new HandClock();
  const ledger = openLedger({ path: ':memory:', clock: clock.now });
  ledgers.push(ledger);
  const asked: string[] = [];
  const startedWhenAsked: boolean[] = [];
  const plan = { hosts: [{ name: HOST }], sources: [] } as unknown as Plan;
  const { secrets } = more;
  const lost = { kind: 'refused', transient: true, says: 'connection refused' } as const;
  return {
    clock,
    ledger,
    asked,
    startedWhenAsked,
    worker() {
      const stop = new AbortController();
      const letGo = new AbortController();
      const rounds = createRounds({
        ledger,
        pool: { connect: async () => more.connected ?? { ok: false, failure: lost } },
        planOf: async () => plan,
        textOf: async () => undefined,
        request: async (request, options = {}) => {
          asked.push(`${request.method} ${request.url.slice(URL.length)}`);
          const key = attemptStartedKey(RUN, STEP, HOST, 0);
          const entry = (await ledger.find([key])).get(key);
          startedWhenAsked.push(entry?.kind === 'attempt.started' && entry.data.job !== undefined);
          return service(request, options.signal);
        },
        clock,
        ...(secrets === undefined ? {} : { secrets: () => ({ ...noSecrets, ...secrets }) }),
        call: () => ({ stop: stop.signal, letGo: letGo.signal, stopping: () => false, done: () => {} }),
      });
      return { ...rounds, stop, letGo };
    },
  };
}

function step(
  more: Partial<Omit<RoundRequest, 'work'>> & { readonly work?: Partial<Http> } = {},
): RoundRequest {
  const { work = {}, ...others } = more;
  const request = { method: 'POST', url: `${URL}/members`, headers: {} };
  const doneRequest = { method: 'GET', url: `${URL}/done`, headers: {} };
  return {
    run: RUN,
    epoch: 1,
    plan: digest('plan'),
    step: STEP,
    zone: 'default',
    effect: 'change',
    work: { kind: 'http', expect: { status: [200] }, ...work },
    env: {},
    tasks: [{ host: HOST, generation: 0, env: {}, request, doneRequest }],
    outputs: {},
    sensitive: false,
    timeoutMs: 10_000,
    ...others,
  };
}

function said(body = '', status = 200): HttpAnswer {
  const json = parseExactJson(body);
  return { ok: true, status, headers: {}, body, ...(json === undefined ? {} : { json }) };
}

function only(answer: RoundAnswer) {
  const [result] = answer.settled;
  if (result === undefined) throw new Error(`nothing has settled: ${JSON.stringify(answer)}`);
  return result;
}

const never: Service = () => new Promise(() => {});
const done = { holds: 'body == "held"', everyMs: 1_000, withinMs: 5_000 };

describe('the done of a request, asked for a plan', () => {
  const work = { done: { ...done, holds: 'json.state == "held"', withinMs: 0 } };
  const asked = async (answer: HttpAnswer) => {
    const { worker, asked, ledger } = world(() => answer);
    const result = only(await worker().startRound(step({ probe: 'done', effect: 'read', work }), []));
    expect(asked).toEqual(['GET /done']);
    expect((await ledger.read({})).map(({ kind }) => kind)).toEqual(['probe.ended']);
    return result;
  };

  it('is asked once: it holds, or the answer says that it does not', async () => {
    expect(await asked(said('{"state":"held"}'))).toMatchObject({ outcome: 'unchanged' });
    const other = await asked(said('{"state":"lost"}'));
    expect(other).toMatchObject({
      outcome: 'failed',
      rc: 200,
      reason: 'answered 200, and its done does not hold',
    });
  });

  it('without an answer that it could be told by is not called undone: no status stands there', async () => {
    const silent = await asked({ ok: false, sent: false, transient: true, says: 'nothing listens there' });
    expect(silent).toMatchObject({
      outcome: 'failed',
      reason: "its done can't be asked: nothing listens there",
    });
    expect(silent).not.toHaveProperty('rc');
    const other = await asked(said('<html>', 502));
    expect(other).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/^its done can't be asked: ./),
    });
    expect(other).not.toHaveProperty('rc');
  });
});

describe('a request that changes something', () => {
  it.each(['change', 'destroy'] as const)('is recorded as started before it is sent (%s)', async (effect) => {
    const { worker, asked, startedWhenAsked } = world(() => said());
    const result = only(await worker().startRound(step({ effect }), []));
    expect(result).toMatchObject({ outcome: 'succeeded', rc: 200 });
    expect(asked).toEqual(['POST /members']);
    expect(startedWhenAsked).toEqual([true]);
  });

  it('is sent once for a generation, whoever asks how often; the next generation sends again', async () => {
    const { worker, asked, clock } = world(() => said());
    const racing = Promise.all([1, 2, 3].map(() => worker().startRound(step(), [])));
    await clock.pass(1_000);
    const results = await racing;
    results.push(await worker().followRound(step()));
    expect(new Set(results.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(asked).toHaveLength(1);
    const [task] = step().tasks;
    if (task === undefined) throw new Error('no task');
    const again = await worker().startRound(step({ tasks: [{ ...task, generation: 1 }] }), []);
    expect(only(again)).toMatchObject({ outcome: 'succeeded', generation: 1 });
    expect(asked).toHaveLength(2);
  });

  it('found started and not ended is waited for as long as it may be under way, then unknown', async () => {
    const { worker, asked, clock } = world(never);
    void worker().followRound(step());
    await clock.pass(0);
    let answer: RoundAnswer | undefined;
    void worker()
      .followRound(step())
      .then((given) => {
        answer = given;
      });
    await clock.pass(14_900);
    expect(answer).toBeUndefined();
    await clock.pass(300);
    expect(answer?.settled[0]).toMatchObject({ outcome: 'unknown', sessionLives: false });
    expect(asked).toHaveLength(1);
  });

  it('goes on when the time of the call is up, and its end is what the next call finds', async () => {
    let answers: (answer: HttpAnswer) => void = () => {};
    const { worker, asked, clock } = world(() => new Promise((resolve) => (answers = resolve)));
    const first = worker().startRoundLocal(step(), []);
    await clock.pass(2_000);
    expect(await first).toEqual({ settled: [], running: [HOST] });
    const next = worker().followRound(step());
    await clock.pass(500);
    answers(said());
    await clock.pass(500);
    expect(only(await next)).toMatchObject({ outcome: 'succeeded' });
    expect(asked).toHaveLength(1);
  });

  it('is unreachable where nothing was sent, and unknown where the answer was lost', async () => {
    const refused = { ok: false, sent: false, transient: true, says: 'refused' } as const;
    expect(
      only(
        await world(() => refused)
          .worker()
          .startRound(step(), []),
      ),
    ).toMatchObject({
      outcome: 'unreachable',
      transient: true,
      reason: 'refused',
    });
    const cut = { ok: false, sent: true, transient: true, says: 'cut' } as const;
    const { worker, asked } = world(() => cut);
    const unknown = only(await worker().startRound(step(), []));
    expect(unknown).toMatchObject({ outcome: 'unknown', evidence: 'the request was sent: cut' });
    expect(unknown.transient).toBeUndefined();
    expect(only(await worker().startRound(step(), []))).toEqual(unknown);
    expect(asked).toHaveLength(1);
  });

  it('through a host that is not reached is given up with proof: nobody sends it later', async () => {
    const { worker, asked, ledger } = world(() => said());
    const viaHost = step({ work: { via: 'host' } });
    const result = only(await worker().startRound(viaHost, []));
    expect(result).toMatchObject({ outcome: 'unreachable', reason: 'connection refused', transient: true });
    expect(asked).toEqual([]);
    const key = attemptStartedKey(RUN, STEP, HOST, 0);
    expect((await ledger.find([key])).get(key)?.data).not.toHaveProperty('job');
  });

  it('cancelled before it was sent is never sent', async () => {
    const { worker, asked } = world(() => said());
    expect(only(await worker().cancelRound(step()))).toMatchObject({ outcome: 'cancelled' });
    expect(only(await worker().startRound(step(), []))).toMatchObject({ outcome: 'cancelled' });
    expect(asked).toEqual([]);
  });

  it('stopped while its done is asked is not sent by a slower worker that had begun before', async () => {
    const answers: ((answer: HttpAnswer) => void)[] = [];
    const { worker, asked, clock } = world(() => new Promise((resolve) => answers.push(resolve)));
    const request = step({ work: { done } });
    const [stopped, slow] = [worker(), worker()];
    const first = stopped.followRound(request);
    const second = slow.followRound(request);
    await clock.pass(0);
    stopped.stop.abort();
    answers[0]?.(said('not yet'));
    expect(only(await first)).toMatchObject({ outcome: 'cancelled' });
    answers[1]?.(said('not yet'));
    await clock.pass(1_000);
    expect(only(await second)).toMatchObject({ outcome: 'cancelled' });
    expect(asked).toEqual(['GET /done', 'GET /done']);
  });

  it('stopped after it was sent is unknown', async () => {
    const stopped = { ok: false, sent: true, transient: false, says: 'stopped waiting' } as const;
    const { worker, clock } = world(
      (_, stop) => new Promise((resolve) => stop?.addEventListener('abort', () => resolve(stopped))),
    );
    const one = worker();
    const answer = one.followRound(step());
    await clock.pass(0);
    one.stop.abort();
    expect(only(await answer)).toMatchObject({ outcome: 'unknown', reason: 'stopped waiting' });
  });
});

describe('a request that reads', () => {
  const reads = { effect: 'read' } as const;

  it('is asked again where its end was not recorded, and claims nothing', async () => {
    let times = 0;
    const { worker, asked, clock, startedWhenAsked } = world((request, stop) =>
      times++ === 0 ? never(request, stop) : said(),
    );
    void worker().followRound(step(reads));
    await clock.pass(0);
    expect(only(await worker().followRound(step(reads)))).toMatchObject({ outcome: 'succeeded' });
    expect(asked).toHaveLength(2);
    expect(startedWhenAsked).toEqual([false, false]);
  });

  it('whose answer was lost has failed, and may be tried again', async () => {
    const cut = { ok: false, sent: true, transient: true, says: 'cut' } as const;
    const result = only(
      await world(() => cut)
        .worker()
        .startRound(step(reads), []),
    );
    expect(result).toMatchObject({ outcome: 'failed', reason: 'cut', transient: true });
  });
});

describe('an answer', () => {
  it.each([
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [500, undefined],
    [404, undefined],
  ])('of status %i that is not expected fails; it may pass by itself: %s', async (status, transient) => {
    const result = only(
      await world(() => said('busy', status))
        .worker()
        .startRound(step(), []),
    );
    expect(result).toMatchObject({ outcome: 'failed', rc: status, reason: `answered ${status}: busy` });
    expect(result.transient).toBe(transient);
  });

  it('is held against the body that is expected', async () => {
    const work = { expect: { status: [200, 201], body: { cel: 'json.ok' } } } as const;
    expect(
      only(
        await world(() => said('{"ok":true}', 201))
          .worker()
          .startRound(step({ work }), []),
      ),
    ).toMatchObject({
      outcome: 'succeeded',
      rc: 201,
    });
    expect(
      only(
        await world(() => said('{"ok":false}'))
          .worker()
          .startRound(step({ work }), []),
      ),
    ).toMatchObject({
      outcome: 'failed',
      reason: 'answered 200, but not as expected: json.ok',
    });
    const strange = only(
      await world(() => said('{}'))
        .worker()
        .startRound(step({ work }), []),
    );
    expect(strange).toMatchObject({ outcome: 'failed' });
    expect(strange.reason).toMatch(/^expect\.body: /);
  });

  it('gives outputs with exact integers', async () => {
    const outputs = {
      id: { type: { kind: 'int' }, from: { cel: 'json.id' } },
      twice: { type: { kind: 'int' }, from: { cel: 'json.small * factor' } },
    } as const;
    const [task] = step().tasks;
    if (task === undefined) throw new Error('no task');
    const request = step({ outputs, tasks: [{ ...task, scope: { factor: 2 } }] });
    const { worker } = world(() => said('{"id":18446744073709551615,"small":21}'));
    expect(only(await worker().startRound(request, []))).toMatchObject({
      outcome: 'succeeded',
      outputs: { id: { $int: '18446744073709551615' }, twice: 42 },
    });
  });

  it('that lacks an output fails the step and names it', async () => {
    const outputs = { id: { type: { kind: 'int' }, from: { cel: 'json.id' } } } as const;
    const result = only(
      await world(() => said('{}'))
        .worker()
        .startRound(step({ outputs }), []),
    );
    expect(result).toMatchObject({ outcome: 'failed', rc: 200 });
    expect(result.reason).toMatch(/^the output id: /);
  });

  it('with a secret in it is masked before anything is made of it', async () => {
    const mask = (text: string) => text.replaceAll('hunter2', '*******');
    const redact: Redaction = { text: mask, stream: () => ({ push: (b) => b, end: () => new Uint8Array() }) };
    const outputs = { echo: { type: { kind: 'string' }, from: { cel: 'json.echo' } } } as const;
    const good = world(() => said('{"echo":"hunter2"}'), { secrets: { masking: redact } });
    expect(only(await good.worker().startRound(step({ outputs }), []))).toMatchObject({
      outputs: { echo: '*******' },
    });
    const bad = only(
      await world(() => said('no hunter2', 500), { secrets: { masking: redact } })
        .worker()
        .startRound(step(), []),
    );
    expect(bad.reason).toBe('answered 500: no *******');
  });
});

describe('a sensitive output', () => {
  const mask = (text: string) => text.replaceAll('hunter2', '*******');
  const masking: Redaction = { text: mask, stream: () => ({ push: (b) => b, end: () => new Uint8Array() }) };
  const token = { type: { kind: 'string' }, from: { cel: 'json.token' }, sensitive: true } as const;
  const whole = { type: { kind: 'string' }, from: { cel: 'body' } } as const;
  function sealing() {
    const sealed: string[] = [];
    const seal = async (text: string) => `sealed:r/${sealed.push(text)}`;
    return { sealed, secrets: { masking, seal, cannotSeal: async () => undefined } };
  }

  it('is sealed as it is, also where it is masked already, and stands in no other output', async () => {
    const { sealed, secrets } = sealing();
    const { worker } = world(() => said('{"token":"hunter2"}'), { secrets });
    const result = only(await worker().startRound(step({ outputs: { token, whole } }), []));
    expect(result.outputs).toEqual({ token: { $secret: 'sealed:r/1' }, whole: '{"token":"*******"}' });
    expect(sealed).toEqual(['hunter2']);
  });

  it.each([
    ['another status', said('{"token":"never-seen"}', 201), 'answered 201; what it said is not kept'],
    ['another body', said('never-seen'), 'an output is not in the answer; what it said is not kept'],
    ['another type', said('{"token":["never-seen"]}'), 'the output token is not a string'],
  ])('stands in no reason where the answer has %s', async (_, answer, reason) => {
    const { worker } = world(() => answer, { secrets: sealing().secrets });
    const result = only(await worker().startRound(step({ outputs: { token } }), []));
    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(result)).not.toContain('never-seen');
  });

  it('that could not be sealed fails the step before anything is sent', async () => {
    const { worker, asked } = world(() => said('{"token":"hunter2"}'), {
      secrets: { cannotSeal: async () => 'there is no key' },
    });
    const result = only(await worker().startRound(step({ outputs: { token } }), []));
    expect(result).toMatchObject({ outcome: 'failed', reason: 'there is no key' });
    expect(asked).toEqual([]);
  });
});

describe('done', () => {
  const request = step({ work: { done } });

  it('that holds before leaves everything as it is, for ever', async () => {
    const { worker, asked } = world(() => said('held'));
    const result = only(await worker().startRound(request, []));
    expect(result).toMatchObject({ outcome: 'unchanged', rc: 200 });
    expect(only(await worker().followRound(request))).toEqual(result);
    expect(asked).toEqual(['GET /done']);
  });

  it('is asked again after the request until it holds', async () => {
    let times = 0;
    const { worker, asked, clock } = world((one) =>
      said(one.method === 'GET' && times++ === 3 ? 'held' : 'no'),
    );
    const answer = worker().followRound(request);
    await clock.pass(3_000);
    expect(only(await answer)).toMatchObject({ outcome: 'succeeded' });
    expect(asked).toEqual(['GET /done', 'POST /members', 'GET /done', 'GET /done', 'GET /done']);
  });

  it('that does not hold in time fails the step', async () => {
    const { worker, clock } = world(() => said('no'));
    const answer = worker().followRound(request);
    await clock.pass(6_000);
    expect(only(await answer)).toMatchObject({
      outcome: 'failed',
      reason: 'answered 200, but its done did not hold within 5 s',
    });
  });

  it('that takes the whole time limit leaves no time to send, and nothing is sent', async () => {
    const { worker, asked, clock } = world(async () => {
      await clock.sleep(10_000);
      return { ok: false, sent: true, transient: true, says: 'no answer' };
    });
    const answer = worker().followRound(request);
    await clock.pass(10_000);
    expect(only(await answer)).toMatchObject({ outcome: 'unreachable', transient: true });
    expect(asked).toEqual(['GET /done']);
  });
});
