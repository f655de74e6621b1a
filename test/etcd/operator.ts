import { setTimeout as pause } from 'node:timers/promises';
import type { RunView } from '../../server/api/runs.ts';
import type { House } from '../support/house.ts';

export type Inputs = Readonly<Record<string, string>>;

/** Someone who starts runbooks and says yes at every gate. */
export type Operator = {
  /** @throws with the reason where the run is held or fails, or no plan is made of it. */
  readonly run: (runbook: string, inputs?: Inputs) => Promise<RunView>;
  /** Why it is held or refused. @throws where it succeeds. The run is ended. */
  readonly refused: (runbook: string, inputs?: Inputs) => Promise<string>;
};

const PATIENCE_MS = 600_000;

export function operator(house: House): Operator {
  async function follow(id: string): Promise<RunView> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const view = await house.view(id);
      if (view.ended_at !== undefined || view.status === 'held') return view;
      if (performance.now() > until) throw new Error(`${view.runbook} is still ${view.status}`);
      const [gate] = view.gates;
      if (gate === undefined) await pause(200);
      else await house.holdfast('approve', id, '--step', gate.step, '-m', 'yes');
    }
  }

  async function settled(runbook: string, inputs: Inputs): Promise<RunView> {
    return follow(await house.start(runbook, { inputs }));
  }

  const reason = (view: RunView) => {
    const why = view.why ?? view.held[0]?.why ?? view.status;
    return view.at === undefined ? why : `${view.at}: ${why}`;
  };
  return {
    async run(runbook, inputs = {}) {
      const view = await settled(runbook, inputs);
      if (view.status === 'succeeded') return view;
      await house.holdfast('abort', view.run, '-m', 'it was refused');
      throw new Error(`${runbook} is ${view.status}: ${reason(view)}`);
    },
    async refused(runbook, inputs = {}) {
      const view = await settled(runbook, inputs).catch((error: unknown) => String(error));
      if (typeof view === 'string') return view;
      if (view.status === 'succeeded') throw new Error(`${runbook} was not refused`);
      await house.holdfast('abort', view.run, '-m', 'it was refused');
      await house.reaches(view.run, 'cancelled', 'failed');
      return reason(view);
    },
  };
}
