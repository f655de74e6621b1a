import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../command.ts';
import type { GoRecipe, ProgramName } from '../programs.ts';
import { pinnedVersion } from '../version.ts';
import { type Fetcher, missed, type Surroundings } from '../way.ts';

const MODULE = 'holdfast.local/program';

/** A build from Go modules, for machines that reach a module proxy and nothing else. Go checks the modules' checksums. */
export const goFetcher: Fetcher = {
  origin: 'go',
  name: 'a build from Go modules',
  offers: ({ kit, wanted }) => {
    if (kit.go.length === 0) return { why: `${kit.name} is not written in Go` };
    if (pinnedVersion(wanted, kit.pinned.go) === undefined) {
      return { why: `${kit.name} ${wanted} cannot be built from Go modules` };
    }
    return {};
  },
  fetch: async ({ kit, wanted }, into, surroundings) => {
    const version = pinnedVersion(wanted, kit.pinned.go);
    if (version === undefined) return missed('no version is known');
    const go = await runCommand('go', ['version'], { env: surroundings.env });
    if (go.kind === 'failed')
      return missed(go.reason, 'install Go 1.24 or newer (package golang-go, or https://go.dev/dl)');
    const programs: Partial<Record<ProgramName, string>> = {};
    await mkdir(join(into, 'bin'));
    for (const recipe of kit.go) {
      const result = await build(recipe, version, into, surroundings);
      if (result.kind === 'failed')
        return missed(explain(result, go.stdout), 'install a newer Go: https://go.dev/dl');
      programs[recipe.program] = join('bin', recipe.program);
    }
    return { kind: 'fetched', kit: { version, programs } };
  },
};

async function build(
  recipe: GoRecipe,
  version: string,
  into: string,
  { env, progress, signal }: Surroundings,
): Promise<CommandResult> {
  const source = join(into, `source-${recipe.program}`);
  await mkdir(source);
  // The go line is the lowest that knows what the modules use: `go get` raises it where a module asks for more.
  await writeFile(join(source, 'go.mod'), `module ${MODULE}\n\ngo 1.21\n`);
  await writeFile(join(source, 'main.go'), mainFile(recipe));
  const options = {
    cwd: source,
    env: { ...env, CGO_ENABLED: '0' },
    progress,
    ...(signal === undefined ? {} : { signal }),
  };
  const label = `${recipe.program} ${version} from Go modules`;
  const got = await getModule(recipe, version, { ...options, label: `fetching ${label}` });
  if (got.kind === 'failed') return got;
  const target = recipe.main === undefined ? recipe.importPath : '.';
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(into, 'bin', recipe.program), target];
  const built = await runCommand('go', args, {
    ...options,
    label: `building ${label}, a few minutes the first time`,
  });
  await rm(source, { recursive: true, force: true });
  return built;
}

/** Of etcdctl and etcdutl fewer versions are listed than of the server: the newest of the same minor is taken then. */
async function getModule(
  recipe: GoRecipe,
  version: string,
  options: Parameters<typeof runCommand>[2],
): Promise<CommandResult> {
  const exact = await runCommand('go', ['get', `${recipe.importPath}@v${version}`], options);
  if (exact.kind === 'done' || recipe.main !== undefined) return exact;
  const minor = version.split('.').slice(0, 2).join('.');
  const near = await runCommand('go', ['get', `${recipe.importPath}@v${minor}`], options);
  return near.kind === 'done' ? near : exact;
}

function mainFile({ importPath, main }: GoRecipe): string {
  if (main === undefined) return `package main\n\nimport _ "${importPath}"\n`;
  return `package main\n\nimport (\n\t"os"\n\n\t"${importPath}"\n)\n\nfunc main() { ${main.call} }\n`;
}

function explain(result: Extract<CommandResult, { kind: 'failed' }>, goVersion: string): string {
  const text = result.stderr;
  if (/requires go >= |unsupported version: go|invalid go version|toolchain not available/.test(text)) {
    return `${goVersion.trim()} is too old: ${result.reason}`;
  }
  return result.reason;
}
