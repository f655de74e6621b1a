import { EXPRESSION_ENTRIES } from './catalogue/expressions.ts';
import { FILE_ENTRIES } from './catalogue/files.ts';
import { INPUT_ENTRIES } from './catalogue/inputs.ts';
import { INVENTORY_ENTRIES } from './catalogue/inventories.ts';
import { SCRIPT_ENTRIES } from './catalogue/scripts.ts';
import { STEP_ENTRIES } from './catalogue/steps.ts';
import { USE_ENTRIES } from './catalogue/uses.ts';
import { WAIT_ENTRIES } from './catalogue/waits.ts';
import { YAML_ENTRIES } from './catalogue/yaml.ts';
import type { Entry } from './entry.ts';

/** Every code that a runbook, an inventory or an ssh config can be complained of with, and what it means. */
export const CATALOGUE: ReadonlyMap<string, Entry> = new Map(
  [
    ...FILE_ENTRIES,
    ...USE_ENTRIES,
    ...STEP_ENTRIES,
    ...EXPRESSION_ENTRIES,
    ...INPUT_ENTRIES,
    ...SCRIPT_ENTRIES,
    ...YAML_ENTRIES,
    ...WAIT_ENTRIES,
    ...INVENTORY_ENTRIES,
  ].map((entry) => [entry.code, entry]),
);
