import { Command, CommanderError } from 'commander';
import { RELEASE } from '../plan/release.ts';
import { CATALOGUE, type CommandEntry } from './catalogue.ts';
import { EXIT, exitOf } from './exit.ts';
import { type Io, processIo } from './io.ts';

/**
 * Runs one command line (without node and script). Never throws: what goes wrong is said on standard error. Answers
 * the exit code, which is also set on the process.
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const exit = await run(argv, io);
  process.exitCode = exit;
  return exit;
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.done;
  const program = createProgram(io, calledIn(argv));
  try {
    await addCommands(program, argv, io, (code) => {
      exit = code;
    });
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.invalid;
    const { problemText } = await import('./view/problem.ts');
    io.say(problemText(io.talk, error));
    return exitOf(error);
  }
}

function createProgram(io: Io, called: string | undefined): Command {
  const program = new Command('holdfast');
  return program
    .description('Runs operations runbooks: over SSH and HTTP, once, with a record.')
    .usage('COMMAND …')
    .helpCommand('help [COMMAND]', 'what a command does, with examples')
    .version(RELEASE, '-V, --version', 'which version this is')
    .helpOption('-h, --help', 'what a command does, with examples')
    .showSuggestionAfterError(true)
    .showHelpAfterError(false)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.say(text.trimEnd()),
      outputError: (text, write) => write(`${text.trimEnd()}\n${nextAfter(text, called)}`),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
A first time, with hosts of its own:
  $ holdfast lab up --etcd 3.4
  $ holdfast up                                  (and in another terminal)
  $ holdfast runbooks
  $ holdfast run etcd/bootstrap

Each command has examples: holdfast help run`,
    );
}

/** Every command by name and summary; the one that is called with all that it takes. */
async function addCommands(
  program: Command,
  argv: readonly string[],
  io: Io,
  answer: (exit: number) => void,
): Promise<void> {
  const called = calledIn(argv);
  for (const { title, commands } of CATALOGUE) {
    for (const entry of commands) {
      const command = program.command(entry.name).summary(entry.summary).helpGroup(title);
      command.configureHelp({ showGlobalOptions: false });
      if (entry.name === called) await define(command, entry, io, answer);
    }
  }
}

function calledIn(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

/** What to do about a command line that can't be read. */
function nextAfter(error: string, called: string | undefined): string {
  const known = CATALOGUE.some(({ commands }) => commands.some(({ name }) => name === called));
  const help = known ? `holdfast help ${called}` : 'holdfast help';
  if (!/missing required argument 'RUN'/.test(error)) return `next:  ${help}`;
  return `next:  Say which: its id, the beginning of it, or @last for the newest (holdfast runs), as ${help} shows`;
}

async function define(
  command: Command,
  entry: CommandEntry,
  io: Io,
  answer: (exit: number) => void,
): Promise<void> {
  const file = await entry.load();
  file.define(command, io, answer);
}
