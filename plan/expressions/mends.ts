/** Mends that the evaluator and the checker share. */
export const TEXT_MEND = 'Make it a text: string(…).';
export const NUMBER_MEND = 'Read the text as a number: int(…).';
export const SECRET_MEND = `Write it straight into the text, and nothing around it in the braces: \${{ secrets.NAME }}.`;
export const COMPARED_MEND =
  'Give it to a script by env, and let that write to an output what is to be known of it.';

/** For an operator that got a text and something else, by their kinds. */
export function operandMend(op: string, left: string, right: string): { readonly mend?: string } {
  if (left === 'secret' || right === 'secret') return { mend: SECRET_MEND };
  if (left !== 'string' && right !== 'string') return {};
  if (op === '+') return { mend: TEXT_MEND };
  const other = left === 'string' ? right : left;
  return other === 'int' || other === 'number' ? { mend: NUMBER_MEND } : {};
}
