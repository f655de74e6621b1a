import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../toolbox/findProgram.ts';

const PAGE = fileURLToPath(new URL('../../docs/etcd/behaviour.md', import.meta.url));
const WORDS = fileURLToPath(new URL('behaviour.sh', import.meta.url));

/** Something that the page says of etcd, and the commands that show it. */
export type Claim = {
  readonly says: string;
  /** `3.4` */
  readonly generations: readonly string[];
  readonly script: string;
};

/** Every block of the page, with the bold sentence above it. */
export async function claims(): Promise<readonly Claim[]> {
  const page = await readFile(PAGE, 'utf8');
  const found: Claim[] = [];
  let says = '';
  for (const [, sentence, block] of page.matchAll(/^\*\*([\s\S]+?)\*\*|^```sh\n([\s\S]+?)^```/gm)) {
    if (sentence !== undefined) says = sentence.replace(/\s+/g, ' ');
    if (block === undefined) continue;
    const generations = /^# on ([\d. ]+)\n/.exec(block)?.[1]?.trim().split(' ');
    if (generations === undefined) throw new Error(`A block does not say what it is true of: ${block}`);
    found.push({ says, generations, script: block });
  }
  return found;
}

/** Runs it on one generation, at an address of its own; answers why it does not hold, or nothing. */
export async function disproof(
  claim: Claim,
  generation: string,
  address: string,
): Promise<string | undefined> {
  const etcd = await findProgram('etcd', generation, { progress: () => undefined });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-claim-'));
  const env = {
    PATH: process.env.PATH,
    BIN: dirname(etcd.path),
    DIR: folder,
    CLIENT: `http://${address}:2379`,
    PEER: `http://${address}:2380`,
    NODE: process.execPath,
  };
  const shell = spawn('sh', ['-c', `. '${WORDS}'\n${claim.script}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    const code = await new Promise((resolve, reject) => shell.on('error', reject).on('close', resolve));
    return code === 0 ? undefined : `it ended with ${String(code)}: ${said.trim().slice(-400)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
