import { expect, test } from 'vitest';
import { HoldfastError } from '../plan/errors.ts';
import { CommandError, EXIT, exitOf, exitOfRun, exitOfStatus } from './exit.ts';

test.each([
  ['succeeded', 0],
  ['failed', 1],
  ['cancelled', 1],
  ['rolled_back', 1],
  ['held', 3],
  ['waiting', 3],
  ['paused', 3],
  ['interrupted', 3],
])('a run that is %s answers %i to the shell', (status, exit) => {
  expect(exitOfRun(status)).toBe(exit);
});

test.each([
  [400, 2],
  [401, 5],
  [403, 5],
  [404, 2],
  [409, 2],
  [422, 2],
  [500, 4],
  [503, 4],
])('HTTP %i is exit %i', (status, exit) => {
  expect(exitOfStatus(status)).toBe(exit);
});

test('what a person can put right in the command is invalid input', () => {
  expect(exitOf(new HoldfastError('up/port-taken', 'Taken.', 'Another.'))).toBe(EXIT.invalid);
  expect(exitOf(new HoldfastError('lab_absent', 'None.', 'Start one.'))).toBe(EXIT.invalid);
});

test('what went wrong on this machine is a failure, and so is a bug', () => {
  expect(exitOf(new HoldfastError('program_not_found', 'None.', 'Install it.'))).toBe(EXIT.failed);
  expect(exitOf(new Error('oops'))).toBe(EXIT.failed);
});

test('an error of the command line says its own exit code', () => {
  expect(exitOf(new CommandError(EXIT.notAllowed, 'x', 'No.', 'Ask.'))).toBe(5);
});
