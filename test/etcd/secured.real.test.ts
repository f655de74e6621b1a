import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseBreakage } from '../../lab/labBreak.ts';
import { type House, openHouse } from '../support/house.ts';
import { everythingIn } from '../support/stored.ts';
import { type Operator, operator } from './operator.ts';
import { certify, etcdctlOn, PASSWORD, securedInventory, turnUsersOn } from './secured.ts';

const NET = 70;
/** Many steps of real members: on a machine that has much else to do they take their time. */
const LONG = { timeout: 400_000 };
const SECURED = { tls: true, users: true };
const TWO = { members: 'etcd00:etcd01' };
const client = (at: number) => `https://127.82.${NET}.${at + 3}:2379`;

/** Certificates for clients and peers, and etcd's own users, on etcd 3.5; each test goes on where the last one ended. */
let house: House;
let people: Operator;
const arguing = watchArguments();
beforeAll(async () => {
  house = await openHouse({
    net: NET,
    hosts: 2,
    etcdVersion: '3.5',
    disk: '1G',
    inventory: securedInventory(SECURED),
  });
  people = operator(house);
});
afterAll(async () => {
  await arguing.stop();
  await house?.[Symbol.asyncDispose]();
});

async function ctl(words: string, at = 0): Promise<string> {
  const command = `${etcdctlOn(house.lab, 'etcd00', SECURED)} --endpoints ${client(at)} ${words}`;
  const result = await house.lab.ssh('etcd00', command);
  expect(result.kind, result.stderr).toBe('done');
  return result.stdout;
}

it('a certificate that does not name its host is refused before anything is started', LONG, async () => {
  await people.run('etcd/install');
  await certify(house.lab, 'etcd01', 'server', 100, '127.82.1.1');
  expect(await people.refused('etcd/bootstrap', { members: 'etcd01' })).toContain(
    `server.crt (server) does not name 127.82.${NET}.4`,
  );
  await certify(house.lab, 'etcd01', 'server', 100);
});

it(
  'a member joins, and a backup is proved, where etcd asks for certificates and for a user',
  LONG,
  async () => {
    await people.run('etcd/bootstrap', { members: 'etcd00' });
    const on = await house.lab.ssh('etcd00', turnUsersOn(house.lab, client(0), SECURED));
    expect(on.stdout).toContain('Authentication Enabled');
    await people.run('etcd/add-member', { members: 'etcd00', joiner: 'etcd01' });
    await ctl('put kept value');
    await people.run('etcd/backup', TWO);
  },
);

it(
  'a certificate whose time is over is a verdict of its own, and a new one is all that is needed',
  LONG,
  async () => {
    await certify(house.lab, 'etcd01', 'server', -1);
    const { outputs } = await people.run('etcd/triage', TWO);
    expect(outputs?.verdict).toBe('certificate_expired');
    expect(outputs?.advice).toMatch(/etcd01 \S+\/server.crt ended /);
    await certify(house.lab, 'etcd01', 'server', 5);
    const after = await people.run('etcd/triage', TWO);
    expect(after.outputs?.verdict).toBe('healthy');
    expect(after.outputs?.advice).toMatch(/end within 30 days: etcd01 \S+\/server.crt ends /);
  },
);

it(
  'a member that lost its data is rebuilt behind them, and nothing that was written is lost',
  LONG,
  async () => {
    for (const host of ['etcd00', 'etcd01']) await house.lab.break(parseBreakage(['kill', host, 'etcd']));
    await house.lab.break(parseBreakage(['lose-data', 'etcd01']));
    await people.run('etcd/rebuild', TWO);
    for (const at of [0, 1]) expect(await ctl('get kept --print-value-only', at)).toBe('value\n');
  },
);

it('the password stands in no argument, no file of a host, and nowhere in what is stored', LONG, async () => {
  expect(await arguing.stop()).toEqual({ looked: expect.any(Number), seen: [] });
  const left = await house.lab.ssh(
    'etcd00',
    'cat apps/etcd/bin/start apps/etcd/logs/*; find .holdfast -type f -exec cat {} + 2>/dev/null; cat /proc/[0-9]*/environ 2>/dev/null; :',
  );
  expect(left.stdout).toContain('--client-cert-auth');
  await house.killServer();
  const stored = await everythingIn(house.dataDir);
  expect(stored.some((bytes) => bytes.includes('env:ETCD_PASSWORD'))).toBe(true);
  for (const bytes of [...stored, Buffer.from(left.stdout)])
    for (const form of [
      PASSWORD,
      Buffer.from(PASSWORD).toString('base64'),
      JSON.stringify(PASSWORD).slice(1, -1),
    ])
      expect(bytes.includes(form)).toBe(false);
});

/** Looks at the arguments of every process of this machine, again and again. */
function watchArguments(): {
  readonly stop: () => Promise<{ readonly looked: number; readonly seen: readonly string[] }>;
} {
  const seen = new Set<string>();
  let [looked, over] = [0, false];
  const looking = (async () => {
    while (!over) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        // A process that has ended meanwhile has none.
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (line.includes(PASSWORD)) seen.add(line);
      }
      looked += 1;
      await pause(20);
    }
  })();
  return {
    async stop() {
      over = true;
      await looking;
      return { looked, seen: [...seen] };
    },
  };
}
