import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HoldfastError } from '../plan/errors.ts';
import { DEFAULT_ZONE } from '../workflows/queues.ts';

export type WorkerConfig = {
  /** `host:port` of Temporal's frontend. */
  readonly temporal: string;
  readonly namespace: string;
  /** The ledger's file. */
  readonly ledger: string;
  /** Where the log goes. */
  readonly dataDir: string;
  /** Where bundled workflow code is kept between starts. */
  readonly bundles: string;
  /** The zones whose hosts this worker reaches. With the default zone it takes workflows too. */
  readonly zones: readonly string[];
  /** A Unix socket of whoever watches what is done for jobs: tests. */
  readonly watch?: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

const MEND =
  'Give --data FOLDER (or HOLDFAST_DATA), and --temporal HOST:PORT where Temporal is not at 127.0.0.1:7233.';

/** Reads arguments first, then the environment. Throws `worker/config` with what is missing. */
export function readConfig(argv: readonly string[], env: Environment): WorkerConfig {
  const given = parse(argv);
  const dataDir = given.data ?? env.HOLDFAST_DATA;
  if (!dataDir) throw new HoldfastError('worker/config', 'A worker needs to know its data folder.', MEND);
  const zones = (given.zones ?? env.HOLDFAST_ZONES ?? DEFAULT_ZONE).split(',').map((zone) => zone.trim());
  return {
    temporal: given.temporal ?? env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    namespace: given.namespace ?? env.TEMPORAL_NAMESPACE ?? 'default',
    ledger: given.ledger ?? join(dataDir, 'ledger.db'),
    dataDir,
    bundles: given.bundles ?? join(dataDir, 'bundles'),
    zones: zones.filter((zone) => zone !== ''),
    ...(env.HOLDFAST_WATCH === undefined ? {} : { watch: env.HOLDFAST_WATCH }),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { temporal: text, namespace: text, ledger: text, data: text, bundles: text, zones: text };
    return parseArgs({ args: [...argv], options, strict: true }).values;
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('worker/config', `The worker's arguments can't be read: ${says}`, MEND, {
      cause,
    });
  }
}
