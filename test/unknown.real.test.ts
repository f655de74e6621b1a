import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/** A command that says something, and then goes on for so long that a test can pull the ground from under it. */
const WORK = `|
      echo work >>"witness.$RUN"
      echo copied 3 of 7
      sleep "$LONG"`;

function runbook(name: string, more: string): string {
  return `
holdfast: 1
name: ${name}
inputs: { hosts: { type: hosts, default: etcd }, long: { type: int, default: 300 } }
on: hosts
env: { RUN: '\${{ run.id }}', LONG: '\${{ long }}' }
steps:
  - id: work
    run: ${WORK}
${more}
  - id: after
    run: echo after >>"witness.$RUN"
`;
}

const RUNBOOKS = {
  'asks.yaml': runbook('asks', ''),
  'fails.yaml': runbook('fails', '    on_unknown: fail'),
  'repeats.yaml': `
holdfast: 1
name: repeats
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: work
    idempotent: true
    run: |
      echo work >>"witness.$RUN"
      [ -e "again.$RUN" ] || { touch "again.$RUN"; sync; sleep 300; }
`,
  'settled.yaml': runbook('settled', '    done: test -e "done.$RUN"'),
};

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 28, hosts: 4, runbooks: RUNBOOKS });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function on(host: string, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

async function witness(host: string, run: string): Promise<readonly string[]> {
  return (await on(host, `cat witness.${run} 2>/dev/null`)).split('\n').slice(0, -1);
}

/** Started, and its last line is in the record. */
async function begun(runbook: string, host: string, long?: string): Promise<string> {
  const run = await house.start(runbook, {
    inputs: { hosts: host, ...(long === undefined ? {} : { long }) },
  });
  await until('it is at work', async () => ((await witness(host, run)).length > 0 ? true : undefined));
  return run;
}

/** The script goes on without it. */
async function killSupervisor(host: string, run: string): Promise<void> {
  await on(host, `for f in .holdfast/runs/${run}/*/sup.*; do IFS=.; set -- \${f##*/sup.}; kill -9 $2; done`);
}

async function resolve(run: string, host: string, as: string): Promise<void> {
  const { code, stderr } = await house.holdfast(
    'resolve',
    run,
    '--host',
    host,
    '--as',
    as,
    '-m',
    `said ${as}`,
  );
  expect(code, stderr).toBe(0);
}

async function kinds(run: string, kind: string): Promise<number> {
  return (await house.entries(run)).filter((entry) => entry.kind === kind).length;
}

describe('a command whose supervisor was killed while its script lives', () => {
  test('is unknown with all there is to go by, runs again only once its processes are gone', async () => {
    const host = 'etcd00';
    const run = await begun('asks', host);
    await killSupervisor(host, run);
    const view = await house.reaches(run, 'held');
    const { code, stdout } = await house.holdfast('show', run);
    expect(code).toBe(0);
    expect(stdout).toContain('its supervisor is gone, and no exit status is left');
    expect(stdout).toContain('its last line: copied 3 of 7');
    expect(stdout).toMatch(/was not rebooted since the launch \(boot id [0-9a-f]{8}\)/);
    const session = /processes of it LIVE there: ps -s (\d+) lists them/.exec(stdout)?.[1] ?? '';
    expect(await on(host, `ps -s ${session} -o comm=`)).toContain('sleep');
    const directory = /its directory there: (\S+)/.exec(stdout)?.[1] ?? '';
    expect(await on(host, `ls ${directory}`)).toContain('go');
    expect(view.held[0]?.offers).toContain('resolve');

    await resolve(run, host, 'run_again');
    await until('the host has looked again', async () =>
      (await kinds(run, 'run.held')) === 2 ? true : undefined,
    );
    const refused = (await house.view(run)).steps[0]?.hosts[0];
    expect(refused).toMatchObject({ outcome: 'unknown', session_lives: true, generation: 1 });
    expect(await witness(host, run)).toEqual(['work']);

    await on(host, `kill -9 $(ps -s ${session} -o pid=)`);
    await resolve(run, host, 'run_again');
    await until('it runs again', async () => ((await witness(host, run)).length === 2 ? true : undefined));
    expect((await house.holdfast('abort', run, '-m', 'enough')).code).toBe(0);
    await house.reaches(run, 'cancelled');
  });

  test('that a person calls failed, and asks for again, is unknown still: nobody gets the host meanwhile', async () => {
    const host = 'etcd00';
    const run = await begun('fails', host);
    await killSupervisor(host, run);
    // `on_unknown: fail` does not call that failed which still runs.
    await house.reaches(run, 'held');
    expect((await house.view(run)).steps[0]?.hosts[0]).toMatchObject({ outcome: 'unknown' });
    await resolve(run, host, 'failed');
    await until('it is held as failed', async () =>
      (await house.view(run)).steps[0]?.hosts[0]?.outcome === 'failed' ? true : undefined,
    );
    expect((await house.holdfast('retry', run, '-m', 'again')).code).toBe(0);
    await until('the host has looked', async () => ((await kinds(run, 'run.held')) === 3 ? true : undefined));
    const cell = (await house.view(run)).steps[0]?.hosts[0];
    expect(cell).toMatchObject({ outcome: 'unknown', session_lives: true });
    // An abort waits for a word on it.
    expect((await house.holdfast('abort', run, '-m', 'enough')).code).toBe(0);
    expect((await house.view(run)).locks).toEqual([`host/${host}`]);
    await on(host, `kill -9 $(ps -s ${cell?.trace?.session} -o pid=)`);
    await resolve(run, host, 'failed');
    await house.reaches(run, 'cancelled');
    expect(await witness(host, run)).toEqual(['work']);
  });
});

test('what a reboot leaves unknown is asked about, run again, called failed or settled by done, as the step says', async () => {
  const hosts = { asks: 'etcd00', fails: 'etcd01', repeats: 'etcd02', settled: 'etcd03' } as const;
  const [asks, fails, repeats, settled] = await Promise.all([
    begun('asks', hosts.asks),
    begun('fails', hosts.fails),
    begun('repeats', hosts.repeats),
    begun('settled', hosts.settled),
  ]);
  await on(hosts.settled, `touch done.${settled}`);
  await Promise.all(Object.values(hosts).map((host) => house.lab.break({ kind: 'reboot', host })));

  await house.reaches(asks, 'held');
  const shown = (await house.holdfast('show', asks)).stdout;
  expect(shown).toMatch(/REBOOTED since the launch \(boot id [0-9a-f]{8}, now [0-9a-f]{8}\)/);
  expect(shown).toContain('no process of it lives there');
  await resolve(asks, hosts.asks, 'succeeded');
  await house.reaches(asks, 'succeeded');
  expect(await witness(hosts.asks, asks)).toEqual(['work', 'after']);
  const resolved = (await house.entries(asks)).filter(({ kind }) => kind === 'unknown.resolved');
  expect(resolved).toMatchObject([{ data: { by: 'person', outcome: 'succeeded', host: hosts.asks } }]);
  expect((await house.holdfast('show', asks)).stdout).toContain('said by a person: said succeeded');

  const failed = (await house.reaches(fails, 'held')).steps[0]?.hosts[0];
  expect(failed).toMatchObject({ outcome: 'failed', resolved_by: 'runbook' });
  await house.reaches(repeats, 'succeeded');
  expect(await witness(hosts.repeats, repeats)).toEqual(['work', 'work']);
  const done = (await house.reaches(settled, 'succeeded')).steps[0]?.hosts[0];
  expect(done).toMatchObject({ outcome: 'succeeded', resolved_by: 'done' });
  expect(await witness(hosts.settled, settled)).toEqual(['work', 'after']);
});
