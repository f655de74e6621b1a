import { type Command, Option } from 'commander';
import { type TemporalTarget, temporalTarget } from '../../worker/temporalTarget.ts';

export type TemporalFlags = {
  readonly temporal?: string;
  readonly namespace?: string;
  readonly temporalTls?: boolean;
  readonly temporalTlsCa?: string;
  readonly temporalTlsCert?: string;
  readonly temporalTlsKey?: string;
  readonly temporalTlsServerName?: string;
  readonly temporalApiKeyFile?: string;
};

const OPTIONS = [
  ['--temporal <ADDRESS>', 'a Temporal that runs already, as host:7233'],
  ['--namespace <NAME>', 'which namespace there; left out: default'],
  ['--temporal-tls', 'over TLS; each of the following means it'],
  ['--temporal-tls-ca <FILE>', 'the certificate that vouches for it; left out: those that the system trusts'],
  ['--temporal-tls-cert <FILE>', 'the certificate that it wants of us'],
  ['--temporal-tls-key <FILE>', 'and its key'],
  ['--temporal-tls-server-name <NAME>', 'the name in its certificate, where that is not the address'],
  ['--temporal-api-key-file <FILE>', 'an API key'],
] as const;

/** How a Temporal that somebody else runs is reached. */
export function temporalOptions(command: Command): Command {
  for (const [flags, description] of OPTIONS) {
    command.addOption(new Option(flags, description).helpGroup('Temporal:'));
  }
  return command;
}

export function targetOf(flags: TemporalFlags, address: string): TemporalTarget {
  const options = {
    'temporal-tls': flags.temporalTls,
    'temporal-tls-ca': flags.temporalTlsCa,
    'temporal-tls-cert': flags.temporalTlsCert,
    'temporal-tls-key': flags.temporalTlsKey,
    'temporal-tls-server-name': flags.temporalTlsServerName,
    'temporal-api-key-file': flags.temporalApiKeyFile,
  };
  return temporalTarget(options, address, flags.namespace ?? 'default');
}
