import type { Command } from 'commander';
import type { Io } from './io.ts';

/** What a command's file exports. It is read only when that command is called: `--help` reads none of them. */
export type CommandFile = {
  /** Declares arguments, options and examples, and what to do. */
  readonly define: (command: Command, io: Io, answer: (exit: number) => void) => void;
};

export type CommandEntry = {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandFile>;
};

export type CommandGroup = { readonly title: string; readonly commands: readonly CommandEntry[] };

function operate(
  name: Parameters<typeof import('./commands/operate.ts').operate>[0],
  summary: string,
): CommandEntry {
  return { name, summary, load: async () => (await import('./commands/operate.ts')).operate(name) };
}

/** All commands, in the order in which somebody meets them. */
export const CATALOGUE: readonly CommandGroup[] = [
  {
    title: 'Start:',
    commands: [
      { name: 'up', summary: 'start Holdfast on this machine', load: () => import('./commands/up.ts') },
      {
        name: 'worker',
        summary: 'a worker on another machine than the server',
        load: () => import('./commands/worker.ts'),
      },
      {
        name: 'lab',
        summary: 'real hosts on this machine, to learn on and to break: up, status, break, down',
        load: () => import('./commands/lab.ts'),
      },
      {
        name: 'doctor',
        summary: 'look at every part that a run needs',
        load: () => import('./commands/doctor.ts'),
      },
    ],
  },
  {
    title: 'Runbooks:',
    commands: [
      {
        name: 'runbooks',
        summary: 'which there are; show NAME: inputs and docs',
        load: () => import('./commands/runbooks.ts'),
      },
      {
        name: 'validate',
        summary: 'check runbooks; needs no server',
        load: () => import('./commands/validate.ts'),
      },
      {
        name: 'test',
        summary: 'run tests of runbooks; needs no server',
        load: () => import('./commands/test.ts'),
      },
      {
        name: 'fmt',
        summary: 'write runbooks in their usual form; needs no server',
        load: () => import('./commands/fmt.ts'),
      },
      {
        name: 'schema',
        summary: 'the JSON Schema of runbooks, for editors',
        load: () => import('./commands/schema.ts'),
      },
      { name: 'plan', summary: 'what would happen, on which host', load: () => import('./commands/plan.ts') },
      {
        name: 'run',
        summary: 'show the plan, ask, start it, follow it',
        load: () => import('./commands/run.ts'),
      },
    ],
  },
  {
    title: 'Look:',
    commands: [
      { name: 'runs', summary: 'runs, newest first', load: () => import('./commands/runs.ts') },
      { name: 'show', summary: 'a run on one page', load: () => import('./commands/show.ts') },
      { name: 'watch', summary: 'follow a run', load: () => import('./commands/watch.ts') },
      { name: 'logs', summary: 'what commands said', load: () => import('./commands/logs.ts') },
      {
        name: 'locks',
        summary: 'who holds what, and who waits for it',
        load: () => import('./commands/locks.ts'),
      },
      {
        name: 'inventory',
        summary: 'hosts: list, show, check',
        load: () => import('./commands/inventory.ts'),
      },
      { name: 'audit', summary: 'the record: log', load: () => import('./commands/audit.ts') },
    ],
  },
  {
    title: 'Decide:',
    commands: [
      operate('approve', 'say yes at a gate'),
      operate('reject', 'say no at a gate'),
      operate('confirm', 'say that something is done by hand'),
      operate('pause', 'start nothing new until it is resumed'),
      operate('resume', 'go on after a pause, or from the record'),
      operate('retry', 'a held step again'),
      operate('skip', 'go on without a held step'),
      operate('resolve', 'say how something ended that could not be known'),
      operate('abort', 'end a run'),
    ],
  },
];
