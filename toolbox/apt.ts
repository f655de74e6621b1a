import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { DebianRecipe } from './programs.ts';
import { missed, type Surroundings } from './way.ts';

/**
 * An apt of our own beside the machine's: its lists, cache and sources lie in a folder, its configuration (proxies,
 * certificates) is the machine's. Nothing is installed, so no root is needed and dpkg's lock is left alone.
 */
export type PrivateApt = { readonly folder: string; readonly options: readonly string[] };

type Missed = { readonly kind: 'missed'; readonly why: string; readonly mend?: string };

/** Debian's public mirror, for machines whose own sources name none (an Ubuntu, say). */
const PUBLIC_MIRROR = 'http://deb.debian.org/debian';
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const UPDATE_TIMEOUT_MS = 120_000;

export async function prepareApt(
  suite: string,
  folder: string,
  surroundings: Surroundings,
): Promise<{ readonly kind: 'ready'; readonly apt: PrivateApt } | Missed> {
  const { env, progress, signal } = surroundings;
  const machine = await runCommand('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE)'], {
    env,
  });
  if (machine.kind === 'failed')
    return missed(machine.reason, 'use a machine with apt, or one of the other ways');
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'packages']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  const options = [`Dir::State=${folder}/state`, `Dir::Cache=${folder}/cache`, ...SETTINGS];
  if (suite !== 'machine') {
    const mirror = await mirrorOf(machine.stdout);
    const keyring = await access(DEBIAN_KEYRING).then(
      () => true,
      () => false,
    );
    if (!keyring)
      return missed(
        `${DEBIAN_KEYRING} is not there to check the packages with`,
        'install debian-archive-keyring',
      );
    await writeFile(
      join(folder, 'sources.list'),
      `deb [signed-by=${DEBIAN_KEYRING}] ${mirror} ${suite} main\n`,
    );
    options.push(`Dir::Etc::sourcelist=${folder}/sources.list`, 'Dir::Etc::sourceparts=-');
  }
  const apt = { folder, options: options.flatMap((option) => ['-o', option]) };
  const update = await runCommand('apt-get', [...apt.options, '-q', 'update'], {
    env,
    progress,
    label:
      suite === 'machine'
        ? "reading the distribution's package list"
        : `reading the package list of Debian ${suite}`,
    timeoutMs: UPDATE_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  return update.kind === 'failed' ? missed(update.reason) : { kind: 'ready', apt };
}

const SETTINGS = [
  'Dir::State::status=/var/lib/dpkg/status',
  'Debug::NoLocking=1',
  'Acquire::Languages=none',
  'Acquire::Retries=1',
  'Acquire::http::Timeout=15',
  'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
  // As root apt downloads as another user, who may not enter a private cache folder.
  'APT::Sandbox::User=root',
];

/** The mirror that this machine takes Debian from, so that a site's own mirror is used; else the public one. */
async function mirrorOf(indexTargets: string): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || codename === undefined) return PUBLIC_MIRROR;
  for (const line of indexTargets.split('\n')) {
    const [uri, suite] = line.split(' ');
    if (uri !== undefined && suite === codename) return uri.replace(/\/$/, '');
  }
  return PUBLIC_MIRROR;
}

/**
 * Downloads the packages and, where they are for this machine's own suite, those it lacks to run them. Packages of another
 * suite come alone: their dependencies would be that suite's libraries.
 */
export async function downloadPackages(
  { folder, options }: PrivateApt,
  recipe: DebianRecipe,
  { env, progress, signal }: Surroundings,
): Promise<{ readonly kind: 'files'; readonly files: readonly string[] } | Missed> {
  const names = recipe.suite === 'machine' ? await withMissing(options, recipe, env) : recipe.packages;
  const packages = join(folder, 'packages');
  const result = await runCommand('apt-get', [...options, '-q', 'download', ...names], {
    cwd: packages,
    env,
    progress,
    label: `downloading ${names.join(', ')}`,
    timeoutMs: UPDATE_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.kind === 'failed') return missed(result.reason);
  const files = (await readdir(packages)).filter((name) => name.endsWith('.deb'));
  return { kind: 'files', files: files.map((name) => join(packages, name)) };
}

/** What `install` would bring: the lines of --print-uris name each file, `'uri' name_version_arch.deb size hash`. */
async function withMissing(
  options: readonly string[],
  recipe: DebianRecipe,
  env: Surroundings['env'],
): Promise<readonly string[]> {
  const args = [
    ...options,
    '-q',
    '-y',
    '--no-install-recommends',
    '--print-uris',
    'install',
    ...recipe.packages,
  ];
  const planned = await runCommand('apt-get', args, { env });
  if (planned.kind === 'failed') return recipe.packages;
  const needed = [...planned.stdout.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map((match) => match[1] ?? '');
  return [...new Set([...recipe.packages, ...needed])].filter((name) => name !== '');
}
