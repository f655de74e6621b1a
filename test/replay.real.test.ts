import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, type ReplayWorkerOptions, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { folderLibrary } from '../language/load/library.ts';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { workflowBundle } from '../worker/bundle/workflowBundle.ts';
import { dataConverter } from '../worker/payloads.ts';
import { fileOf, LIBRARY, libraryFiles, type Recorded, readHistory } from './histories/library.ts';
import { HISTORIES, SCRIPTS } from './histories/scripts.ts';

const FILES = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

let options: ReplayWorkerOptions;
beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  options = {
    workflowBundle: await workflowBundle(join(cacheFolder(), 'workflow-bundles'), logger),
    dataConverter,
  };
});

async function recorded(file: string): Promise<Recorded> {
  return JSON.parse(await readFile(join(HISTORIES, file), 'utf8'));
}

describe('a finished run replays on the code as it is now', () => {
  test.for(FILES)('%s', async (file) => {
    const { run, history } = await recorded(file);
    await expect(Worker.runReplayHistory(options, history, run)).resolves.toBeUndefined();
  });

  test.for(FILES)('%s is whole', async (file) => {
    const last = (await recorded(file)).history.events.at(-1);
    expect(last).toMatchObject({ eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED' });
  });

  test('and there is one of each script', () => {
    for (const { name } of SCRIPTS) expect(FILES).toContain(`${name}.json`);
  });
});

describe('a run of the library', () => {
  test.for(libraryFiles())('%s replays on the code as it is now, to its end', async (file) => {
    const { run, history } = await readHistory(file);
    await expect(Worker.runReplayHistory(options, history, run)).resolves.toBeUndefined();
    expect(history.events.at(-1)).toMatchObject({ eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED' });
  });

  test('is kept of each of its runbooks', () => {
    const runbooks = folderLibrary([LIBRARY]).names();
    expect(libraryFiles().toSorted()).toEqual(runbooks.map(fileOf).toSorted());
  });
});

test('a history that the code would not have made does not replay', async () => {
  const { run, history } = await recorded('three-steps.json');
  const text = JSON.stringify(history).replaceAll('"acquireLocks"', '"somethingElse"');
  const other = Worker.runReplayHistory(options, JSON.parse(text), run);
  await expect(other).rejects.toThrow(/nondeterminism/i);
});
