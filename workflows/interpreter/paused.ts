import type { StepInstance } from '../../plan/ids.ts';
import { note, type Walk } from './walk.ts';

/** Nothing new starts while the run is paused: `before` is what would be next. What began in an earlier execution is not new. */
export async function whilePaused(walk: Walk, before: StepInstance): Promise<void> {
  if (walk.port.past?.hasBegun(walk.input.run, before)) return;
  for (let { paused } = walk.desk; paused; { paused } = walk.desk) {
    const about = `${before}/${paused.by}`;
    note(walk, 'run.paused', about, { before });
    await walk.port.flush();
    await paused.resumed;
    note(walk, 'run.resumed', about, {});
    // A walk that is repeated does not come here any more: it would stay unsaid.
    await walk.port.flush();
  }
}
