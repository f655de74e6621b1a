import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Who serves a data folder, so that a client finds it and a later `up` knows what an earlier one may have left. */
export const ServerFile = z.object({
  url: z.string(),
  pid: z.number().int(),
  temporal: z.object({ address: z.string(), pid: z.number().int().optional() }),
  worker: z.object({ pid: z.number().int().optional() }),
  startedAt: z.number().int(),
});
export type ServerFile = z.output<typeof ServerFile>;

/** Undefined where there is none, or none that can be read. */
export async function readServerFile(file: string): Promise<ServerFile | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return ServerFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** One writer at a time: two at once would take each other's unfinished file away. */
export async function writeServerFile(file: string, content: ServerFile): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

export function removeServerFile(file: string): Promise<void> {
  return rm(file, { force: true });
}
