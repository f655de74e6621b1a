import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** The ports that a data folder had last: the same again where they can be had, so that bookmarks go on working. */
const Ports = z.object({ server: z.number().int().optional(), temporal: z.number().int().optional() });
export type Ports = z.output<typeof Ports>;

/** None where nothing is remembered. */
export async function readPorts(file: string): Promise<Ports> {
  try {
    return Ports.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

export function writePorts(file: string, ports: Ports): Promise<void> {
  return writeFile(file, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
}

/** The port at the end of `http://127.0.0.1:7411` or `127.0.0.1:7233`. */
export function portOf(address: string): number | undefined {
  const port = Number(/:(\d+)\/?$/.exec(address)?.[1]);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}
