/** The entry of the workflow bundle: everything exported here is a workflow type. */
export { probe } from './probe.ts';
export { run } from './run.ts';
