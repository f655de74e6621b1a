import { createLogUpdate } from 'log-update';
import type { LogList, LogPiece } from '../../server/api/logs.ts';
import type { PlanStepView, PlanView } from '../../server/api/plans.ts';
import type { RunView } from '../../server/api/runs.ts';
import { type Api, isAbort } from '../client/api.ts';
import { runEvents } from '../client/events.ts';
import { isUnreachable } from '../exit.ts';
import type { Io } from '../io.ts';
import { frame } from '../view/frame.ts';
import { hasEnded } from '../view/outcome.ts';
import { runPage } from '../view/run.ts';
import { answerGate } from './answer.ts';
import { getRun, type Left } from './look.ts';

const DRAW_EVERY_MS = 120;
/** A view is asked for at most this often, and never more than a third of the time. */
const VIEW_EVERY_MS = 150;
const QUIET_LOOK_MS = 3_000;
const TAIL_EVERY_MS = 1_000;
const TAIL_BYTES = 2_048;

/** The run as a page that redraws itself until it ends. A gate can be answered where it is shown. */
export async function followLive(api: Api, io: Io, run: string, stop: AbortController): Promise<Left> {
  const done = new AbortController();
  const signal = AbortSignal.any([stop.signal, done.signal]);
  const log = createLogUpdate(process.stdout);
  let view = await getRun(api, run);
  const planned = await plannedSteps(api, view.plan);
  let tail = '';
  let lost = false;
  let changed = false;
  let asking = false;
  const answered = new Set<string>();

  const draw = () => {
    if (asking) return;
    log(
      frame(view, {
        paint: io.paint,
        now: io.now(),
        columns: io.columns(),
        rows: io.rows(),
        planned,
        tail,
        lost,
      }),
    );
  };

  async function events(): Promise<void> {
    const following = {
      signal,
      connection: (state: 'lost' | 'back') => {
        lost = state === 'lost';
      },
    };
    for await (const _ of runEvents(api, run, view.seq, following)) changed = true;
    changed = true;
  }

  async function views(): Promise<void> {
    let looked = io.now();
    while (!signal.aborted) {
      const from = io.now();
      if (changed || from - looked > QUIET_LOOK_MS) {
        changed = false;
        looked = from;
        view = await getRun(api, run, signal).catch((error: unknown) => {
          changed = true;
          if (!lost && !isUnreachable(error)) throw error;
          return view;
        });
        if (hasEnded(view.status)) return;
        void askAtGate();
      }
      await sleep(Math.max(VIEW_EVERY_MS, 2 * (io.now() - from)), signal);
    }
  }

  async function tails(): Promise<void> {
    while (!signal.aborted) {
      tail = await lastLine(api, view, signal).catch(() => tail);
      await sleep(TAIL_EVERY_MS, signal);
    }
  }

  /** Asks once at each gate; what others answer meanwhile takes the question away. */
  async function askAtGate(): Promise<void> {
    const gate = view.gates.find(({ shown_digest }) => !answered.has(shown_digest));
    if (gate === undefined || asking || !io.canAsk) return;
    answered.add(gate.shown_digest);
    asking = true;
    const gone = new AbortController();
    const watch = setInterval(() => {
      if (!view.gates.some(({ shown_digest }) => shown_digest === gate.shown_digest)) gone.abort();
    }, DRAW_EVERY_MS);
    log.clear();
    try {
      await answerGate(api, io, gate, AbortSignal.any([signal, gone.signal]), () => stop.abort());
    } finally {
      clearInterval(watch);
      asking = false;
      changed = true;
    }
  }

  const timer = setInterval(draw, DRAW_EVERY_MS);
  const side = [events(), tails()].map((work) => work.catch((error: unknown) => fail(error)));
  let failure: unknown;
  function fail(error: unknown): void {
    if (isAbort(error)) return;
    failure ??= error;
    done.abort();
  }
  try {
    void askAtGate();
    if (hasEnded(view.status)) done.abort();
    else await views().catch(fail);
  } finally {
    clearInterval(timer);
    done.abort();
    await Promise.allSettled(side);
    log.clear();
    log.done();
  }
  if (failure !== undefined) throw failure;
  if (!hasEnded(view.status)) {
    io.out(
      frame(view, {
        paint: io.paint,
        now: io.now(),
        columns: io.columns(),
        rows: io.rows(),
        planned: [],
        tail: '',
        lost: false,
        last: true,
      }),
    );
    return { why: 'interrupted' };
  }
  io.out(runPage(view, { paint: io.paint, now: io.now(), columns: io.columns() }));
  return { why: 'run', view };
}

async function plannedSteps(api: Api, plan: string): Promise<readonly PlanStepView[]> {
  // Only to show what is still to come: without it the rest is as good.
  const made = await api.get<PlanView>(`/api/plans/${plan}`).catch(() => undefined);
  return made?.steps ?? [];
}

/** The last line that the running step's command has said, on whichever host said most. */
async function lastLine(api: Api, view: RunView, signal: AbortSignal): Promise<string> {
  const step = view.steps.findLast((one) => one.hosts.some(({ outcome }) => outcome === 'running'));
  if (step === undefined) return '';
  const { logs } = await api.get<LogList>(`/api/runs/${view.run}/logs`, {}, signal);
  const [most] = logs
    .filter((log) => log.step === step.step && log.bytes > 0)
    .sort((a, b) => b.generation - a.generation || b.bytes - a.bytes);
  if (most === undefined) return '';
  const { generation, stream, host, bytes } = most;
  const query = { step: step.step, host, generation, stream, offset: Math.max(0, bytes - TAIL_BYTES) };
  const piece = await api.get<LogPiece>(`/api/runs/${view.run}/log`, query, signal);
  const line = piece.text.trimEnd().split('\n').at(-1) ?? '';
  return line === '' ? '' : `${host}: ${line}`;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
