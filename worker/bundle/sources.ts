import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;

/**
 * A digest over everything a bundle of `entry` is made of: each file that it reaches by relative imports, and the
 * versions of the packages they name. It changes whenever the bundle could. `besides`: what else goes into it.
 */
export async function sourcesDigest(entry: string, besides = ''): Promise<string> {
  const files = new Map<string, string>();
  const packages = new Set<string>(['@temporalio/worker']);
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    const text = await readFile(file, 'utf8');
    files.set(file, text);
    for (const [, name] of text.matchAll(IMPORT)) {
      if (name?.startsWith('.')) open.push(join(dirname(file), name));
      else if (name) packages.add(packageName(name));
    }
  }
  const hash = createHash('sha256').update(`${besides}\0`);
  for (const file of [...files.keys()].sort()) hash.update(`${file}\0${files.get(file)}\0`);
  for (const name of [...packages].sort()) hash.update(`${name}@${await versionOf(name)}\0`);
  return hash.digest('hex');
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

async function versionOf(name: string): Promise<string> {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    const manifest = await readFile(join(path, name, 'package.json'), 'utf8').catch(() => undefined);
    if (manifest === undefined) continue;
    const version: unknown = JSON.parse(manifest)?.version;
    return String(version);
  }
  return 'none';
}
