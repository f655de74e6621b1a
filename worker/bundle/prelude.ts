/**
 * Goes before the workflow code. For its `__stack_trace` query Temporal's SDK makes an error at every promise of a workflow,
 * with a function compiled to reach into the workflow for each (1.24: `setPromiseHook` in its `vm-shared.js`): half of a
 * workflow's time, and a long record was no longer walked over within a workflow task. Here it is given what it asks for
 * without compiling anything, and an error that has no stack, with which it leaves it at that. Errors that are thrown keep
 * theirs. Whatever else is asked gets the real answer.
 */
export const PRELUDE = [
  '(() => {',
  'const compile = Promise.constructor;',
  'class Unstacked {}',
  'const answers = {',
  '"return globalThis.__TEMPORAL_ACTIVATOR__": () => globalThis.__TEMPORAL_ACTIVATOR__,',
  '"return globalThis.Error": () => Unstacked,',
  '};',
  'Object.defineProperty(Promise, "constructor", { value: (...source) => answers[source] ?? compile(...source) });',
  '})();',
].join(' ');
