import { expect, test } from 'vitest';
import { runbookFolders, shippedRunbooks } from './files.ts';

test('a folder of runbooks counts before it is made, and those that come with Holdfast stand last', () => {
  expect(runbookFolders({ runbooks: ['ours'] }, '/nowhere/data', '/nowhere/here')).toEqual([
    '/nowhere/here/ours',
    '/nowhere/here/runbooks',
    '/nowhere/data/runbooks',
    shippedRunbooks(),
  ]);
});
