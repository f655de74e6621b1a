import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RELEASE } from '../plan/release.ts';
import { inventoryWithBadHosts } from './support/badHosts.ts';
import { type House, openHouse } from './support/house.ts';
import {
  anOldNode,
  type CliResult,
  finished,
  gather,
  LAUNCHER,
  run,
  spawnHoldfast,
  until,
} from './support/processes.ts';

const RUNBOOKS = {
  'hello.yaml': `
holdfast: 1
name: hello
summary: Says hello.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: greet
    run: echo hello
`,
  'busy.yaml': `
holdfast: 1
name: busy
summary: Works until it is told to end.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: work
    run: |
      echo at work
      until [ -e end ]; do sleep 0.05; done
`,
  'write.yaml': `
holdfast: 1
name: write
summary: Writes a megabyte.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: look
    effect: read
    run: echo looked
  - id: write
    run: head -c 1000000 /dev/zero >megabyte
`,
  'broken.yaml': `
holdfast: 1
name: broken
summary: Does not compile.
steps:
  - id: greet
    runn: echo hello
`,
};

let house: House;
let elsewhere: string;
let noTemporal: Promise<CliResult>;
beforeAll(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), 'holdfast-elsewhere-'));
  // It tries for half a minute: meanwhile the other days are had.
  const vain = ['up', '--port', '0', '--temporal', '127.0.0.1:1'];
  noTemporal = finished(spawnHoldfast(join(elsewhere, 'vain'), vain));
  house = await openHouse({ net: 22, hosts: 3, runbooks: RUNBOOKS, inventory: inventoryWithBadHosts });
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await rm(elsewhere, { recursive: true, force: true });
});

/** Without a terminal, as a script would call it. */
function hello(hosts: string, ...args: readonly string[]): Promise<CliResult> {
  return house.holdfast('run', 'hello', '--yes', '-i', `hosts=${hosts}`, ...args);
}

function said({ stdout, stderr }: CliResult): string {
  return `${stdout}\n${stderr}`;
}

describe("a host that can't be worked on holds the run, with exit 3 and a sentence", () => {
  test.for([
    ['dead', /nothing listens there: the connection was refused\. Look whether sshd runs on the host/],
    ['refused', /it refused the key \S+\. Put the public key into ~\/\.ssh\/authorized_keys of \w+ there/],
    ['changed', /its host key has changed: .+ Somebody may stand in between.+ with: ssh-keygen -R /],
    ['stranger', /its host key is not known\. It shows .+ accept it with: echo '.+' >> \S+\/empty/],
  ] as const)('%s', async ([host, sentence]) => {
    const result = await hello(host);
    expect(result.code).toBe(3);
    expect(said(result)).toMatch(sentence);
    expect(said(result)).toContain('holdfast retry');
    expect((await house.holdfast('abort', '@last', '-m', 'enough')).code).toBe(0);
  });
});

test('etcd that is not installed is said so', async () => {
  const result = await house.holdfast(
    'run',
    'etcd/members',
    '--yes',
    '-i',
    'members=etcd',
    '--on-failure',
    'fail',
  );
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(
    /state: etcd00: failed, etcd00 does not answer: .+etcdctl.+(No such file or directory|not found)/,
  );
});

test('a full disk: the run finds room in memory, and the step that needs the disk says that there is none', async () => {
  await house.lab.break({ kind: 'full-disk', host: 'etcd01' });
  const result = await house.holdfast('run', 'write', '--yes', '-i', 'hosts=etcd01');
  expect(result.code).toBe(3);
  expect(result.stdout).toMatch(/etcd01 +works in memory: \/\S+/);
  expect(result.stdout).toMatch(/write +etcd01 +HELD .+ No space left on device/);
  await house.lab.break({ kind: 'free-disk', host: 'etcd01' });
  expect((await house.holdfast('retry', '@last')).code).toBe(0);
  expect((await house.holdfast('watch', '@last', '--wait')).code).toBe(0);
});

describe('an inventory that is wrong', () => {
  test('a file that is not there', async () => {
    const result = await finished(
      spawnHoldfast(join(elsewhere, 'a'), ['up', '--inventory', '/nowhere/hosts.yaml']),
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('There is no /nowhere/hosts.yaml.');
    expect(result.stderr).toContain('next:  Correct --inventory');
  });

  test('a host that it does not have', async () => {
    const result = await hello('etcd09');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(
      /There is no group or host etcd09 in the inventory\. Did you mean etcd00\?/,
    );
    expect(result.stderr).toContain('next:  Give it another value: -i hosts=…');
  });

  test('YAML that is none, with its place', async () => {
    const file = join(elsewhere, 'bad.yaml');
    await writeFile(file, 'all:\n  hosts:\n    a: { ansible_port: 99999 }\n    b: [\n');
    const result = await finished(
      spawnHoldfast(elsewhere, ['plan', 'etcd/triage', '--offline', '--inventory', file]),
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/bad\.yaml:5:1 {2}error inventory\/yaml {2}This is not YAML/);
    expect(result.stderr).toMatch(/next: {2}Look at quotes, brackets and indentation/);
  });
});

test('a second run on the same host waits, says for whom, and goes on after it', async () => {
  const first = await house.start('busy', { inputs: { hosts: 'etcd02' } });
  await house.reaches(first, 'running');
  const second = house.spawn('run', 'hello', '--yes', '-i', 'hosts=etcd02');
  const [result, err] = [finished(second), gather(second.stderr)];
  const waits = `waits for host/etcd02 (held by ${first})`;
  await until('it says that it waits', async () => (err().includes(waits) ? true : undefined));
  await house.lab.ssh('etcd02', 'touch end');
  expect((await result).code).toBe(0);
});

test('a port that is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const result = await finished(spawnHoldfast(join(elsewhere, 'b'), ['up', '--port', port]));
  other.close();
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(`Port ${port} on 127.0.0.1 is taken by another program.`);
  expect(result.stderr).toContain('next:  Leave --port out');
});

test('a data folder that is in use', async () => {
  const result = await house.holdfast('up');
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('Holdfast is up already');
});

test('Ctrl-C in run leaves the run going, and says how to come back', async () => {
  const child = house.spawn('run', 'busy', '--yes', '-i', 'hosts=etcd00');
  const err = gather(child.stderr);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  const run = /Come back: holdfast watch (\S+)/.exec(err())?.[1] ?? '';
  expect(run).not.toBe('');
  await house.lab.ssh('etcd00', 'touch end');
  expect((await house.holdfast('watch', run, '--wait')).code).toBe(0);
});

describe('exit codes', () => {
  test('1: the run failed', async () => {
    const result = await hello('dead', '--on-failure', 'fail');
    expect(result.code).toBe(1);
  });

  test('2: invalid input', async () => {
    const unknown = await hello('etcd00', '-i', 'colour=red');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('colour');
    const broken = await house.holdfast('run', 'broken', '--yes');
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/broken\.yaml:7:5 {2}error .+\n.+runn.+/);
    expect(broken.stderr).toContain('next:  Did you mean run?');
    const unasked = await house.holdfast('run', 'hello');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('There is no terminal to ask whether to start this.');
  });

  test('4: no server', async () => {
    const result = await finished(spawnHoldfast(join(elsewhere, 'c'), ['runs']));
    expect(result.code).toBe(4);
    expect(result.stderr).toMatch(/No Holdfast is up for .*\nnext: {2}Start it: holdfast up/);
  });

  test('5: another token', async () => {
    const { url } = await house.server();
    const folder = join(elsewhere, 'd');
    await mkdir(folder);
    await writeFile(join(folder, 'token'), 'hf_other\n');
    const result = await finished(spawnHoldfast(folder, ['runs', '--server', url]));
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('does not know this token');
  });
});

const oldNode = await anOldNode();
describe.skipIf(oldNode === undefined)('an old Node', () => {
  test('hands over to Node 24', async () => {
    const result = await run(oldNode ?? '', [LAUNCHER, '--version']);
    expect(result).toMatchObject({ code: 0, stdout: `${RELEASE}\n` });
  });

  test('says what to install where there is no other', async () => {
    const alone = join(elsewhere, 'alone', 'bin');
    await mkdir(alone, { recursive: true });
    await cp(LAUNCHER, join(alone, 'holdfast'));
    await writeFile(join(elsewhere, 'alone', 'package.json'), '{"type":"module"}');
    const result = await run(oldNode ?? '', [join(alone, 'holdfast'), 'runs']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/holdfast needs Node 24 or newer; this is v\d+.*\nNext: install Node 24/s);
  });
});

test('no Temporal at the address that was named', async () => {
  const result = await noTemporal;
  expect(result.code).toBe(4);
  expect(result.stderr).toContain('No Temporal answered at 127.0.0.1:1 within 5 s.');
  expect(result.stderr).toContain('--temporal');
});
