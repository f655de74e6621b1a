import { type Complaint, Complaints } from '../../plan/complaints.ts';
import { readYaml } from '../yaml/read.ts';
import type { Source } from '../yaml/source.ts';
import { commentsOf } from './comments.ts';
import { isBlock, layOut, Unusual } from './lay-out.ts';

export type Formatted =
  | { readonly ok: true; readonly text: string }
  /** What can't be read can't be formatted. */
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/**
 * A runbook or fragment in its usual form: keys in the order of the reference, two blanks for each level, `{ a: b }` with a
 * blank inside, at most one empty line, none at the end. Comments stay with what they are about. What the file says is the same.
 */
export function format(file: string, written: string): Formatted {
  const text = written.replaceAll('\r\n', '\n');
  const complaints = new Complaints();
  const source = readYaml(file, text, complaints);
  if (source === undefined) return { ok: false, complaints: complaints.sorted() };
  const formatted = laidOut(text, source.root);
  const again = formatted === undefined ? undefined : readYaml(file, formatted, new Complaints());
  // Never another meaning, and no comment less: a file that has no usual form stays as it is.
  const same = again !== undefined && sameTree(source.tree, again.tree) && sameComments(text, again.text);
  return { ok: true, text: same ? again.text : text };
}

function laidOut(text: string, root: Source['root']): string | undefined {
  if (!isBlock(root)) return undefined;
  try {
    return layOut(text, root);
  } catch (error) {
    if (error instanceof Unusual) return undefined;
    throw error;
  }
}

function sameComments(one: string, other: string): boolean {
  const [before, after] = [commentsOf(one), commentsOf(other)];
  return (
    before.length === after.length && before.every((comment, i) => comment.trimEnd() === after[i]?.trimEnd())
  );
}

function sameTree(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return one === other;
  const keys = Object.keys(one);
  const own = (tree: object, key: string) => (tree as { readonly [key: string]: unknown })[key];
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameTree(own(one, key), own(other, key)))
  );
}
