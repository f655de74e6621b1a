import { isMap, LineCounter, parseDocument } from 'yaml';
import type { Complaints } from '../../plan/complaints.ts';
import { Source } from './source.ts';
import { nodeTraps, parserTraps } from './traps.ts';

/** Longer files are not runbooks. In UTF-16 code units. */
const LONGEST_FILE = 1_000_000;
/** Deeper nesting is not a runbook, and would exhaust the parser's stack. */
const DEEPEST = 200;

/**
 * Reads a YAML file whose root is a mapping, every scalar as the text that stands there. Whatever YAML would read
 * otherwise than it looks is a complaint; then there is no answer.
 */
export function readYaml(file: string, text: string, complaints: Complaints): Source | undefined {
  const start = { file, line: 1, column: 1 };
  if (text.length > LONGEST_FILE || nesting(text) > DEEPEST) {
    complaints.error(start, {
      code: 'yaml/too-large',
      message: `The file is longer than ${LONGEST_FILE} characters, or nested deeper than ${DEEPEST} levels.`,
      mend: 'Split it into runbooks that use each other.',
    });
    return undefined;
  }
  const lines = new LineCounter();
  let parsed: ReturnType<typeof parseDocument>;
  try {
    parsed = parseDocument(text, {
      lineCounter: lines,
      schema: 'failsafe',
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (thrown) {
    complaints.error(start, {
      code: 'yaml/syntax',
      message: `This is not YAML: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      mend: 'Look at quotes, brackets and indentation.',
    });
    return undefined;
  }
  const root = parsed.contents;
  const source = new Source(file, text, root, lines);
  const broken = parserTraps(text, parsed.errors);
  for (const { offset, remark } of broken) complaints.error(source.position(offset), remark);
  if (parsed.directives?.docStart === true && /^%/m.test(text.slice(0, root?.range?.[0] ?? 0)))
    complaints.error(start, {
      code: 'yaml/directive',
      message: 'YAML directives are not part of this language.',
      mend: 'Remove the lines that begin with %.',
    });
  // What stands behind a broken place is often misread: its traps would be noise.
  const traps = broken.length > 0 ? [] : nodeTraps(text, root);
  for (const { offset, remark } of traps) complaints.error(source.position(offset), remark);
  if (broken.length > 0 || traps.length > 0) return undefined;
  for (const warning of parsed.warnings)
    complaints.error(source.position(warning.pos[0]), {
      code: 'yaml/syntax',
      message: `YAML: ${warning.message}.`,
      mend: 'Put the value in quotes.',
    });
  if (!isMap(root)) {
    complaints.error(start, {
      code: 'yaml/no-mapping',
      message: root === null ? 'The file is empty.' : 'The file is not a mapping of keys to values.',
      mend: 'Begin with "holdfast: 1", "name:", "summary:" and "steps:".',
    });
    return undefined;
  }
  return source;
}

/** The deepest nesting of brackets, whatever they stand in, and of block collections by indentation. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [char] of text.matchAll(/[{}[\]]/g)) {
    if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else depth = Math.max(0, depth - 1);
  }
  for (const indent of text.matchAll(/^(?:[ \t]*(?:- |\? ))+/gm)) {
    const dashes = indent[0].match(/[-?]/g)?.length ?? 0;
    deepest = Math.max(deepest, dashes);
  }
  return deepest;
}
