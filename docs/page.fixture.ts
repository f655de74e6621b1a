import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fenced block of a page of the manual. */
export type Block = {
  /** What stands after the fence: `yaml`, `sh`, `console exit=3`. */
  readonly kind: string;
  readonly text: string;
  /** Of a file: the last name in backquotes that the line before the block says, as `runbooks/layout.yaml`; else what it calls itself. */
  readonly file?: string;
};

export function readPage(name: string): string {
  return readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
}

export function blocksOf(page: string): readonly Block[] {
  const found = page.matchAll(/(?:^([^\n]*)\n\n?)?^```([^\n]+)\n(.*?)^```$/gms);
  return [...found].map(([, before = '', kind = '', text = '']) => {
    const said = [...before.matchAll(/`([\w./-]+\.(?:yaml|sh))`/g)].at(-1)?.[1];
    const file = kind === 'yaml' || kind === 'sh' ? (said ?? ownName(text)) : undefined;
    return file === undefined ? { kind, text } : { kind, text, file };
  });
}

/** A runbook and its tests say themselves what they are called. */
function ownName(text: string): string | undefined {
  const [, key, name] = /^(?:holdfast: 1\n)?(name|test): (.*)$/m.exec(text) ?? [];
  if (!/^(holdfast: 1\n|test: )/.test(text) || name === undefined) return undefined;
  return key === 'test' ? `${name}.test.yaml` : `${name}.yaml`;
}

/** The page's files for a library, by their path in a folder of runbooks; the last of a name counts. */
export function filesOf(page: string): { readonly [file: string]: string } {
  return Object.fromEntries(
    blocksOf(page).flatMap(({ file, text }) =>
      file === undefined ? [] : [[file.replace(/^runbooks\//, ''), text]],
    ),
  );
}
