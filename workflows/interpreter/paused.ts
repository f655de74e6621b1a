import type { StepInstance } from '../../plan/ids.ts';
import { note, type Walk } from './walk.ts';

/** Nothing new starts while the run is paused: `before` is what would be next. */
export async function whilePaused(walk: Walk, before: StepInstance): Promise<void> {
  let times = 0;
  for (let paused = walk.desk.pausedUntil; paused; paused = walk.desk.pausedUntil) {
    const about = `${before}/${walk.input.epoch}/${++times}`;
    note(walk, 'run.paused', about, { before });
    await walk.port.flush();
    await paused;
    note(walk, 'run.resumed', about, {});
  }
}
