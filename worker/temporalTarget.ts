import { readFileSync } from 'node:fs';
import { HoldfastError } from '../plan/errors.ts';

/** Which Temporal, and how it is reached: files are named, not read, so that it can be handed on to another process. */
export type TemporalTarget = {
  /** `host:port` of its frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Absent: without TLS. */
  readonly tls?: TemporalTls;
  readonly apiKeyFile?: string;
};

/** Files in PEM. Without a CA the certificate must be one that the system trusts. */
export type TemporalTls = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
};

/** The options as they are written on a command line, without dashes before and with the words joined. */
export const TEMPORAL_OPTIONS = {
  temporal: { type: 'string' },
  namespace: { type: 'string' },
  'temporal-tls': { type: 'boolean' },
  'temporal-tls-ca': { type: 'string' },
  'temporal-tls-cert': { type: 'string' },
  'temporal-tls-key': { type: 'string' },
  'temporal-tls-server-name': { type: 'string' },
  'temporal-api-key-file': { type: 'string' },
} as const;

export type TemporalOptions = {
  readonly [Name in keyof typeof TEMPORAL_OPTIONS]?:
    | (Name extends 'temporal-tls' ? boolean : string)
    | undefined;
};

/** From what was given. An API key is never sent without TLS. Throws `temporal/options` where a pair is not whole. */
export function temporalTarget(given: TemporalOptions, address: string, namespace: string): TemporalTarget {
  const {
    'temporal-tls-ca': ca,
    'temporal-tls-cert': cert,
    'temporal-tls-key': key,
    'temporal-tls-server-name': serverName,
    'temporal-api-key-file': apiKeyFile,
  } = given;
  if ((cert === undefined) !== (key === undefined)) {
    throw new HoldfastError(
      'temporal/options',
      'A certificate for Temporal goes with its key.',
      'Give both: --temporal-tls-cert FILE --temporal-tls-key FILE.',
    );
  }
  const wanted = [ca, cert, serverName, apiKeyFile].some((option) => option !== undefined);
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(serverName === undefined ? {} : { serverName }),
  };
  return {
    address,
    namespace,
    ...(wanted || given['temporal-tls'] === true ? { tls } : {}),
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
  };
}

/** The same, as the arguments of another process. */
export function temporalArguments({
  address,
  namespace,
  tls,
  apiKeyFile,
}: TemporalTarget): readonly string[] {
  const option = (name: keyof typeof TEMPORAL_OPTIONS, value: string | undefined) =>
    value === undefined ? [] : [`--${name}`, value];
  return [
    ...option('temporal', address),
    ...option('namespace', namespace),
    ...(tls === undefined ? [] : ['--temporal-tls']),
    ...option('temporal-tls-ca', tls?.ca),
    ...option('temporal-tls-cert', tls?.cert),
    ...option('temporal-tls-key', tls?.key),
    ...option('temporal-tls-server-name', tls?.serverName),
    ...option('temporal-api-key-file', apiKeyFile),
  ];
}

/** What client and worker of Temporal's SDK take. Reads the files; throws `temporal/file` where one can't be read. */
export function connectionTo({ address, tls, apiKeyFile }: TemporalTarget) {
  return {
    address,
    ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
    ...(apiKeyFile === undefined ? {} : { apiKey: read(apiKeyFile).toString('utf8').trim() }),
  };
}

function tlsOf({ ca, cert, key, serverName }: TemporalTls) {
  return {
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(ca === undefined ? {} : { serverRootCACertificate: read(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertPair: { crt: read(cert), key: read(key) } }),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HoldfastError(
      'temporal/file',
      `${file}, which is to be used with Temporal, can't be read.`,
      'Correct the --temporal-tls-… or --temporal-api-key-file option, or the rights of the file.',
      { cause },
    );
  }
}
