import type { Digest } from '../../plan/ids.ts';
import type { Plan, Script } from '../../plan/plan.ts';
import type { StepScript } from '../api/plans.ts';
import { scriptsOf } from './diff.ts';
import { stepsOf } from './present.ts';

/**
 * The scripts of a step, each with the functions of included files that it calls, and those that they call, in the order in which
 * they are first named. Undefined: the plan has no such step. `textOf` finds a text of the plan by its digest.
 */
export function scriptsOfStep(
  plan: Plan,
  path: string,
  textOf: (sha256: Digest) => string | undefined,
): readonly StepScript[] | undefined {
  const found = stepsOf(plan).find(({ view }) => view.path === path);
  if (found === undefined) return undefined;
  const files = new Map(plan.sources.map((source) => [source.sha256, source.path]));
  return Object.entries(scriptsOf(found.step)).map(([of, script]) => {
    const text = textOf(script.sha256) ?? '';
    return {
      of,
      shell: script.shell,
      text,
      functions: calledFrom(text, functionsFor(script, files, textOf)),
    };
  });
}

type ShellFunction = StepScript['functions'][number];

/** Of two with the same name the later one counts, as for the shell. */
function functionsFor(
  { includes }: Script,
  files: ReadonlyMap<Digest, string>,
  textOf: (sha256: Digest) => string | undefined,
): ReadonlyMap<string, ShellFunction> {
  const all = includes.flatMap((sha256) =>
    functionsIn(textOf(sha256) ?? '').map((one) => ({ ...one, file: files.get(sha256) ?? sha256 })),
  );
  return new Map(all.map((one) => [one.name, one]));
}

function calledFrom(text: string, known: ReadonlyMap<string, ShellFunction>): ShellFunction[] {
  const called = new Map<string, ShellFunction>();
  const look = (code: string) => {
    for (const [name] of withoutTexts(code).matchAll(/[A-Za-z_][A-Za-z0-9_]*/g)) {
      const one = known.get(name);
      if (one === undefined || called.has(name)) continue;
      called.set(name, one);
      look(one.text);
    }
  };
  look(text);
  return [...called.values()];
}

/** Each with the comment right above it, to the brace that stands as far in as its name does. */
function functionsIn(text: string): readonly Omit<ShellFunction, 'file'>[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const begins = /^([ \t]*)([A-Za-z_][A-Za-z0-9_]*)[ \t]*\(\)/.exec(line);
    if (begins === null) return [];
    const [, indent = '', name = ''] = begins;
    const closes = new RegExp(`^${indent}[})]`);
    const whole = /[{(].*[})][ \t]*$/.test(line.slice(line.indexOf(')') + 1));
    const end = whole ? at : lines.findIndex((other, i) => i > at && closes.test(other));
    const before = lines
      .slice(0, at)
      .findLastIndex((other) => !/^[ \t]*#/.test(other) || other.startsWith('#!'));
    const first = before + 1;
    return [{ name, line: at + 1, text: lines.slice(first, end < 0 ? undefined : end + 1).join('\n') }];
  });
}

/** Without comments and what stands in single quotes. */
function withoutTexts(text: string): string {
  return text.replace(/'[^']*'|(?<=^|[\s;])#[^\n]*/gm, ' ');
}
