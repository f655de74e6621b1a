import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HoldfastError } from '../plan/errors.ts';
import { DEFAULT_ZONE } from '../workflows/queues.ts';
import { TEMPORAL_OPTIONS, type TemporalTarget, temporalTarget } from './temporalTarget.ts';

export type WorkerConfig = {
  readonly temporal: TemporalTarget;
  readonly ledger: WhichLedger;
  /** Where the log goes; absent: to standard output. */
  readonly log?: string;
  /** Where bundled workflow code is kept between starts. */
  readonly bundles: string;
  /** The zones whose hosts this worker reaches. With the default zone it takes workflows too. */
  readonly zones: readonly string[];
  /** The file with the key for sensitive outputs. Left out: this worker neither seals nor opens any. */
  readonly sealingKey?: string;
  /** A Unix socket of whoever watches what is done for jobs: tests. */
  readonly watch?: string;
};

/** On the machine of the server its file; elsewhere the server's API for workers. */
export type WhichLedger =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'server'; readonly url: string; readonly tokenFile: string; readonly ca?: string };

/** In the data folder. */
export const SEALING_KEY = 'sealing-key';

type Environment = Readonly<Record<string, string | undefined>>;

const MEND =
  'Give --data FOLDER (or HOLDFAST_DATA), or --server URL with --token-file FILE and --bundles FOLDER; and --temporal HOST:PORT where Temporal is not at 127.0.0.1:7233.';

/** Reads arguments first, then the environment. Throws `worker/config` with what is missing. */
export function readConfig(argv: readonly string[], env: Environment): WorkerConfig {
  const given = parse(argv);
  return {
    ...placesOf(given, env),
    temporal: temporalTarget(
      given,
      given.temporal ?? env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
      given.namespace ?? env.TEMPORAL_NAMESPACE ?? 'default',
    ),
    zones: zonesIn(given.zones ?? env.HOLDFAST_ZONES ?? DEFAULT_ZONE),
    ...(env.HOLDFAST_WATCH === undefined ? {} : { watch: env.HOLDFAST_WATCH }),
  };
}

type Given = ReturnType<typeof parse>;

/** With a server nothing is kept here but bundles, and the log goes where this process's output goes. */
function placesOf(
  given: Given,
  env: Environment,
): Pick<WorkerConfig, 'ledger' | 'log' | 'bundles' | 'sealingKey'> {
  const { server: url, 'token-file': tokenFile, 'server-ca': ca, bundles, 'sealing-key': sealingKey } = given;
  if (url !== undefined && tokenFile !== undefined && bundles !== undefined) {
    const ledger = { kind: 'server', url, tokenFile, ...(ca === undefined ? {} : { ca }) } as const;
    return { ledger, bundles, ...(sealingKey === undefined ? {} : { sealingKey }) };
  }
  const dataDir = given.data ?? env.HOLDFAST_DATA;
  if (url !== undefined || !dataDir)
    throw new HoldfastError('worker/config', 'A worker needs to know where its record is.', MEND);
  return {
    ledger: { kind: 'file', path: given.ledger ?? join(dataDir, 'ledger.db') },
    log: join(dataDir, 'worker.log'),
    bundles: bundles ?? join(dataDir, 'bundles'),
    sealingKey: sealingKey ?? join(dataDir, SEALING_KEY),
  };
}

/** `default, dmz` */
function zonesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((zone) => zone.trim())
    .filter((zone) => zone !== '');
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const server = { server: text, 'token-file': text, 'server-ca': text };
    const folder = { ledger: text, data: text, bundles: text, 'sealing-key': text };
    const options = { ...TEMPORAL_OPTIONS, ...server, ...folder, zones: text };
    return parseArgs({ args: [...argv], options, strict: true }).values;
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('worker/config', `The worker's arguments can't be read: ${says}`, MEND, {
      cause,
    });
  }
}
