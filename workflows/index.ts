/** The entry of the workflow bundle: everything exported here is a workflow type. */
export { run } from './run.ts';
