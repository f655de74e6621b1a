import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type LinkState, passOn } from './link.ts';
import type { Links } from './proxy.ts';

/**
 * The process in front of all sshds of a lab: argument 1 is the file of links. It reads the file at its start and at each
 * SIGHUP, and then writes the file's generation beside it, which tells that the change is in force.
 */
const file = process.argv[2] ?? '';
const open = new Set<{ readonly update: () => void }>();
let links = read();
const listening: Promise<void>[] = [];

for (const { name, address, port, sshdPort } of links.links) {
  const state = (): LinkState =>
    links.links.find((link) => link.name === name)?.state ?? { cut: false, delayMs: 0 };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const host = connect({ host: address, port: sshdPort, allowHalfOpen: true, noDelay: true });
    const ways = [passOn(client, host, state), passOn(host, client, state)];
    for (const way of ways) open.add(way);
    client.once('close', () => {
      for (const way of ways) open.delete(way);
    });
  });
  server.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen({ host: address, port, backlog: 1024 }, resolve);
  listening.push(promise);
}

await Promise.all(listening);
process.on('SIGHUP', () => {
  links = read();
  for (const way of open) way.update();
  acknowledge();
});
acknowledge();

function read(): Links {
  return JSON.parse(readFileSync(file, 'utf8')) as Links;
}

function acknowledge(): void {
  writeFileSync(`${file}.applied`, String(links.generation));
}
