import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../plan/errors.ts';
import { type Lab, type LabHost, replaceFile } from './lab.ts';
import type { LinkState } from './link.ts';
import { kill, startTimeOf } from './processes.ts';

/** The file that tells the proxy process what to do. */
export type Links = {
  readonly generation: number;
  readonly links: readonly {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly sshdPort: number;
    readonly state: LinkState;
  }[];
};

type ProxyProcess = { readonly pid: number; readonly started: string };

const ANSWER_TIMEOUT_MS = 10_000;
const OPEN: LinkState = { cut: false, delayMs: 0 };

/** Starts the proxy process for all hosts of the lab; one that serves other hosts is replaced. */
export async function startProxy(lab: Lab): Promise<void> {
  const before = await readLinks(lab);
  const same = before?.links.map(({ name }) => name).join() === lab.hosts.map(({ name }) => name).join();
  if (same && (await proxyProcess(lab)) !== undefined) return;
  await stopProxy(lab);
  const links: Links = {
    generation: (before?.generation ?? 0) + 1,
    links: lab.hosts.map(({ name, address, port, sshdPort }) => ({
      name,
      address,
      port,
      sshdPort,
      state: OPEN,
    })),
  };
  await writeLinks(lab, links);
  const log = openSync(join(lab.dir, 'proxy.log'), 'w');
  const main = fileURLToPath(new URL(`./proxyMain${extname(import.meta.filename)}`, import.meta.url));
  const child = spawn(process.execPath, [main, linksFile(lab)], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const pid = child.pid;
  const started = pid === undefined ? undefined : await startTimeOf(pid);
  if (pid === undefined || started === undefined) throw silent(lab);
  await writeFile(join(lab.dir, 'proxy.json'), JSON.stringify({ pid, started }));
  await waitUntilApplied(lab, links.generation);
}

export async function stopProxy(lab: Lab): Promise<void> {
  const proxy = await proxyProcess(lab);
  if (proxy === undefined) return;
  kill(proxy.pid);
  while ((await startTimeOf(proxy.pid)) === proxy.started) await sleep(5);
  await rm(join(lab.dir, 'proxy.json'), { force: true });
}

/** The state of a host's link; undefined where the lab has no proxy. */
export async function linkOf(lab: Lab, host: LabHost): Promise<LinkState | undefined> {
  return (await readLinks(lab))?.links.find((link) => link.name === host.name)?.state;
}

/** Changes a host's link and returns when the change is in force. */
export async function changeLink(lab: Lab, host: LabHost, change: Partial<LinkState>): Promise<void> {
  const links = await readLinks(lab);
  const proxy = await proxyProcess(lab);
  if (links === undefined || proxy === undefined) {
    throw new HoldfastError(
      'lab_without_proxy',
      'This lab has no proxy in front of its sshds, so its network cannot be disturbed.',
      'Take it down and start it with one: holdfast lab up --proxy',
    );
  }
  const generation = links.generation + 1;
  await writeLinks(lab, {
    generation,
    links: links.links.map((link) =>
      link.name === host.name ? { ...link, state: { ...link.state, ...change } } : link,
    ),
  });
  kill(proxy.pid, 'SIGHUP');
  await waitUntilApplied(lab, generation);
}

async function waitUntilApplied(lab: Lab, generation: number): Promise<void> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS;
  for (;;) {
    const applied = await readFile(`${linksFile(lab)}.applied`, 'utf8').catch(() => '');
    if (Number(applied) >= generation) return;
    if (performance.now() > deadline || (await proxyProcess(lab)) === undefined) throw silent(lab);
    await sleep(5);
  }
}

async function proxyProcess(lab: Lab): Promise<ProxyProcess | undefined> {
  const text = await readFile(join(lab.dir, 'proxy.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const proxy = JSON.parse(text) as ProxyProcess;
  return (await startTimeOf(proxy.pid)) === proxy.started ? proxy : undefined;
}

function linksFile(lab: Lab): string {
  return join(lab.dir, 'links.json');
}

async function readLinks(lab: Lab): Promise<Links | undefined> {
  const text = await readFile(linksFile(lab), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Links);
}

async function writeLinks(lab: Lab, links: Links): Promise<void> {
  await replaceFile(linksFile(lab), JSON.stringify(links, null, 2));
}

function silent(lab: Lab): HoldfastError {
  return new HoldfastError(
    'lab_proxy_silent',
    "The lab's proxy does not answer.",
    `Its log is ${join(lab.dir, 'proxy.log')}; start it again: holdfast lab up --proxy`,
  );
}
