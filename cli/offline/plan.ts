import { readFileSync } from 'node:fs';
import { leftOut } from '../../inventory/inventory.ts';
import { loadInventory } from '../../inventory/load.ts';
import { machineSshConfig } from '../../inventory/ssh-config/read.ts';
import { compile } from '../../language/compile.ts';
import { folderLibrary } from '../../language/load/library.ts';
import type { Complaint } from '../../plan/complaints.ts';
import type { PlanView } from '../../server/api/plans.ts';
import { planView } from '../../server/plans/present.ts';
import { scriptsOfStep } from '../../server/plans/scripts.ts';
import { dataFolder } from '../client/connection.ts';
import type { PlanOptions } from '../commands/planOptions.ts';
import { invalid } from '../exit.ts';
import { inventoryFiles, runbookFolders } from '../files.ts';
import type { Io } from '../io.ts';
import { complaintText } from '../view/complaint.ts';

/** A plan from the files alone, as `up` would find them: no host and no server is asked. Throws `plan/complaints`. */
export async function planOffline(name: string, options: PlanOptions, io: Io): Promise<PlanView> {
  const dataDir = dataFolder(options, io.env);
  const library = folderLibrary(runbookFolders(options, dataDir), { outside: 'allowed' });
  const files = inventoryFiles(options, dataDir);
  const loaded = await loadInventory(files, { sshConfig: machineSshConfig() });
  if (!loaded.ok)
    throw complained(io, `The inventory ${files.join(', ')} can't be read.`, loaded.complaints, readText);
  const result = compile({
    runbook: name,
    library,
    inventory: loaded.inventory,
    inputs: options.input ?? {},
    onFailure: options.onFailure,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  if (!result.ok)
    throw complained(io, `${name} can't be planned.`, result.complaints, (file) => library.read(file));
  const warnings = [
    ...leftOut(loaded.inventory.origin),
    ...result.warnings.map(({ file, line, message }) => `${file}:${line}: ${message}`),
  ];
  const { plan, digest, blobs } = result.compiled;
  const view = planView(plan, digest, { warnings });
  if (options.step === undefined) return view;
  const scripts = scriptsOfStep(plan, options.step, (sha256) => blobs[sha256]);
  if (scripts !== undefined) return { ...view, scripts: [...scripts] };
  const paths = view.steps.map(({ path }) => path);
  throw invalid('plan/no-step', `The plan has no step ${options.step}.`, `It has ${paths.join(', ')}.`);
}

function complained(
  io: Io,
  says: string,
  complaints: readonly Complaint[],
  source: (file: string) => string | undefined,
) {
  for (const complaint of complaints)
    io.say(`${complaintText(io.talk, complaint, source(complaint.file))}\n`);
  return invalid('plan/complaints', says, complaints[0]?.mend ?? 'Mend what the complaints name.');
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
