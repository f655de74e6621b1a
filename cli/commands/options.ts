import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Api, createApi } from '../client/api.ts';
import { type ConnectionOptions, findServer } from '../client/connection.ts';
import type { Io } from '../io.ts';

/** Options that several commands take. */

export type OutputOptions = { readonly format: 'text' | 'json' };
export type ServerOptions = ConnectionOptions & OutputOptions;

export function outputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --format <FORMAT>', 'text to read, or json').choices(['text', 'json']).default('text'),
  );
}

export function serverOptions(command: Command): Command {
  return outputOption(command)
    .addOption(
      new Option('--server <URL>', 'which Holdfast (or HOLDFAST_SERVER, with HOLDFAST_TOKEN)').helpGroup(
        'Server:',
      ),
    )
    .addOption(
      new Option('--data <DIR>', 'the data folder of which Holdfast (or HOLDFAST_DATA)').helpGroup('Server:'),
    );
}

export async function connect(options: ConnectionOptions, io: Io): Promise<Api> {
  return createApi(await findServer(options, io.env));
}

export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}

/** `key=value`, gathered; a second value for a key replaces the first. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`Write it as key=value, not ${text}.`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Gathered; several with commas in one. */
export function many(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}

export function path(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

export function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

/** Prints data: as JSON where asked, else as `text` says. */
export function print(io: Io, options: OutputOptions, value: unknown, text: () => string): void {
  io.out(options.format === 'json' ? JSON.stringify(value, undefined, 2) : text());
}

export type Address = { readonly host: string; readonly port: number };

/** `10.0.0.5:7412`, `[::1]:7412` */
export function address(text: string): Address {
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const host = found?.v6 ?? found?.host;
  const port = Number(found?.port);
  if (host === undefined || port > 65_535)
    throw new InvalidArgumentError('Write it as ADDRESS:PORT, as 10.0.0.5:7412.');
  return { host, port };
}
