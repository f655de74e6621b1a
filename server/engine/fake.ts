import type { RunId } from '../../plan/ids.ts';
import type { OperatorAsk } from '../../plan/operator.ts';
import type { ProbeInput } from '../../plan/probes.ts';
import type { RunInput } from '../../workflows/input.ts';
import type { Engine, Looked, Operated, Probed, WorkflowState } from './engine.ts';

/** An engine without workflows: keeps what it was told and answers what a test wants. */
export class FakeEngine implements Engine {
  readonly started: RunInput[] = [];
  readonly operated: OperatorAsk[] = [];
  readonly states = new Map<RunId, WorkflowState>();
  /** Which try at its next task an open workflow is at; 0 where none is said. */
  readonly attempts = new Map<RunId, number>();
  /** What a run's rounds tell beside. */
  readonly told = new Map<RunId, Pick<Looked, 'lookedFor' | 'hindered'>>();
  /** What every ask is answered; `wait` answers only when the caller gives up. */
  answers: Operated | 'wait' = { kind: 'answered', answer: { taken: true, says: 'done' } };
  reachable = true;

  async start(input: RunInput, mode: 'first' | 'again'): Promise<'started' | 'exists'> {
    if (!this.reachable) throw new Error('down');
    const state = this.states.get(input.run) ?? 'absent';
    if (state === 'open' || (state === 'closed' && mode === 'first')) return 'exists';
    this.started.push(input);
    this.states.set(input.run, 'open');
    return 'started';
  }

  async operate(_run: RunId, ask: OperatorAsk, signal: AbortSignal): Promise<Operated> {
    this.operated.push(ask);
    if (this.answers !== 'wait') return this.answers;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { kind: 'pending', why: 'nobody answered' };
  }

  readonly probed: ProbeInput[] = [];
  /** What every probe finds out. */
  probing: Probed = { kind: 'answered', report: { expectations: [], asked: 0 } };

  async probe(input: ProbeInput): Promise<Probed> {
    this.probed.push(input);
    return this.probing;
  }

  async look(run: RunId): Promise<Looked> {
    if (!this.reachable) throw new Error('down');
    const state = this.states.get(run) ?? 'absent';
    return { state, attempt: this.attempts.get(run) ?? 0, lookedFor: [], ...this.told.get(run) };
  }

  async pollers(): Promise<number> {
    return this.reachable ? 1 : 0;
  }

  /** In milliseconds. */
  delay = 5;

  async timerDelay(): Promise<number> {
    return this.delay;
  }

  async close(): Promise<void> {}
}
