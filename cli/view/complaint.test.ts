import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { complaintText } from './complaint.ts';

const paint = picocolors.createColors(false);
const COMPLAINT = {
  file: 'a.yaml',
  line: 2,
  column: 4,
  code: 'step/unknown-key',
  message: 'There is no key rnu.',
  mend: 'Did you mean run?',
};

test('a complaint has its place, its code, the line with a caret, and a mend', () => {
  expect(complaintText(paint, COMPLAINT, 'steps:\n - rnu: x\n')).toBe(
    [
      'a.yaml:2:4  error step/unknown-key  There is no key rnu.',
      '     2 │  - rnu: x',
      '       │    ^',
      '      mend: Did you mean run?',
    ].join('\n'),
  );
});

test('a tab before the place stays a tab, so that the caret stands right', () => {
  expect(complaintText(paint, { ...COMPLAINT, column: 2 }, 'x\n\trnu')).toContain('│ \t^');
});

test('without the source the place alone has to do', () => {
  expect(complaintText(paint, COMPLAINT)).not.toContain('│');
});
