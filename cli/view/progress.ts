import { clearLine, cursorTo } from 'node:readline';
import type { Io } from '../io.ts';
import { shorten } from './text.ts';

export type Progress = { readonly say: (line: string) => void; readonly end: () => void };

/** What is being done, on standard error: one line that changes on a terminal, else each line once. */
export function progressLine(io: Io): Progress {
  let last = '';
  if (!io.liveTalk) {
    return {
      say: (line) => {
        if (line !== last) io.say(line);
        last = line;
      },
      end: () => {},
    };
  }
  const wipe = () => {
    clearLine(process.stderr, 0);
    cursorTo(process.stderr, 0);
  };
  return {
    say: (line) => {
      last = line;
      wipe();
      process.stderr.write(io.talk.dim(shorten(line, io.columns() - 1)));
    },
    end: () => {
      if (last !== '') wipe();
      last = '';
    },
  };
}
