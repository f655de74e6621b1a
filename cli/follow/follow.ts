import type { Api } from '../client/api.ts';
import { CommandError, EXIT, type Exit, exitOfRun } from '../exit.ts';
import type { Io } from '../io.ts';
import type { FollowOptions, Left } from './look.ts';

/**
 * Follows a run to its end: live on a terminal, as lines in a pipe, as JSON lines where asked. Ctrl-C stops following
 * and not the run. Answers the exit code.
 */
export async function follow(api: Api, io: Io, options: FollowOptions): Promise<Exit> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    const left = await followIn(api, io, options, stop);
    if (left.why === 'interrupted') {
      io.say(`\nStopped following; ${options.run} goes on. Come back: holdfast watch ${options.run}`);
      return EXIT.interrupted;
    }
    return exitOfRun(left.view.status);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exit !== EXIT.unreachable) throw error;
    throw new CommandError(
      EXIT.unreachable,
      error.code,
      `${error.message} What became of ${options.run} can't be told from here; it goes on by itself when Holdfast is up.`,
      `holdfast up, then: holdfast watch ${options.run}`,
      [],
      { cause: error },
    );
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

async function followIn(api: Api, io: Io, options: FollowOptions, stop: AbortController): Promise<Left> {
  if (io.live && !options.json) {
    const { followLive } = await import('./live.ts');
    return followLive(api, io, options.run, stop);
  }
  const { followLines } = await import('./lines.ts');
  return followLines(api, io, options, stop.signal);
}
