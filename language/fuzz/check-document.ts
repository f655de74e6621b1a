import { isDeepStrictEqual } from 'node:util';
import { Complaints } from '../../plan/complaints.ts';
import { compileTexts } from '../compile.fixture.ts';
import { commentsOf } from '../format/comments.ts';
import { format } from '../format/format.ts';
import { textLibrary } from '../load/library.ts';
import { examine } from '../validate.ts';
import { readYaml } from '../yaml/read.ts';
import { cpuMs } from './cpu.ts';

const OTHERS: { readonly [file: string]: string } = {
  'main2.yaml':
    'holdfast: 1\nname: main2\ninputs: { members: hosts }\nsteps: [{ id: x, on: members, run: y }]\n',
  'f.yaml': 'env: { A: b }\nsecrets: { a: env:A }\n',
  'lib.sh': 'room() { df -P .; }\n',
  // Stands for what the library's runbooks include.
  'etcd.yaml': `host_vars: { peer: "http://\${{ host.address }}", client: x, etcd_home: y }\nenv: { NAME: "\${{ host.name }}" }\n`,
};

/** Milliseconds of CPU that a document may take. */
const LONGEST = 3_000;

export type Looked = { readonly codes: readonly string[]; readonly compiles: boolean };

/**
 * Compiles, validates and formats a text, whatever it is.
 *
 * @throws Error where something is promised and does not hold: that nothing is thrown, that each complaint has a place in a file and
 * a mend, that formatting keeps what a file says.
 */
export function checkDocument(text: string): Looked {
  const files: { readonly [file: string]: string } = { ...OTHERS, 'main.yaml': text };
  const began = cpuMs();
  const compiled = compileTexts(files);
  const { complaints } = examine(textLibrary(files), ['main']);
  const all = [...(compiled.ok ? compiled.warnings : compiled.complaints), ...complaints];
  if (!compiled.ok && !compiled.complaints.some(({ severity }) => severity === 'error'))
    throw new Error('It does not compile, and nothing says why.');
  for (const { file, line, column, message, mend, code } of all) {
    const lines = files[file]?.split('\n').length ?? 0;
    if (line < 1 || line > lines || column < 1)
      throw new Error(`${code} stands at ${file}:${line}:${column}, which is nowhere.`);
    if (/undefined|\[object|NaN/.test(message) && !/undefined|NaN|object/.test(text))
      throw new Error(`${code} says: ${message}`);
    if (mend === '') throw new Error(`${code} has no mend.`);
  }
  checkFormat(text);
  const took = cpuMs() - began;
  if (took > LONGEST) throw new Error(`It took ${Math.round(took)} ms.`);
  return { codes: [...new Set(all.map(({ code }) => code))], compiles: compiled.ok };
}

function checkFormat(text: string): void {
  const formatted = format('main.yaml', text);
  if (!formatted.ok) return;
  const again = format('main.yaml', formatted.text);
  if (!again.ok || again.text !== formatted.text)
    throw new Error('Formatting it twice is not formatting it once.');
  const [before, after] = [text, formatted.text].map((each) => readYaml('x', each, new Complaints())?.tree);
  if (!isDeepStrictEqual(before, after)) throw new Error('Formatting changed what it says.');
  if (commentsOf(text).length !== commentsOf(formatted.text).length)
    throw new Error('Formatting lost a comment.');
}
