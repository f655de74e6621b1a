import { dirname } from 'node:path';
import { parseBreakage } from '../../lab/labBreak.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import type { House } from '../support/house.ts';
import type { Operator } from './operator.ts';
import { etcdctlOn, type Secured, turnUsersOn } from './secured.ts';

/** A cluster of real members that a trial finds healthy and leaves healthy: etcd00 to etcd02, with etcd03 and etcd04 beside it. */
export type Ground = {
  readonly house: House;
  readonly operator: Operator;
  /** `3.5` */
  readonly generation: string;
  readonly client: (at: number) => string;
  readonly secured: Secured;
  /** systemd runs the members. */
  readonly units: boolean;
};

/** One way in which a runbook is used. `go` throws where it is not as it should be, and answers what is worth saying. */
export type Trial = {
  readonly runbook: string;
  readonly says: string;
  readonly from?: string;
  readonly until?: string;
  readonly go: (ground: Ground) => Promise<string | undefined>;
};

const THREE = 'etcd00:etcd01:etcd02';
const FIVE = `${THREE}:etcd03:etcd04`;
const members = (value: string) => ({ members: value });

export async function on({ house }: Ground, host: string, command: string): Promise<string> {
  const result = await house.lab.ssh(host, command);
  if (result.kind === 'failed') throw new Error(`${host}: ${command}: ${result.reason}`);
  return result.stdout;
}

const etcdctl = ({ house, secured, client }: Ground, at = 0) =>
  `${etcdctlOn(house.lab, 'etcd00', secured)} --endpoints ${client(at)}`;

const ctl = (ground: Ground, words: string, at = 0) =>
  on(ground, 'etcd00', `${etcdctl(ground, at)} ${words} 2>/dev/null`);

function same(ground: Ground, is: string, shouldBe: string): void {
  if (is !== shouldBe) throw new Error(`${ground.generation}: ${is} instead of ${shouldBe}`);
}

/** The folder with the programs of another version, as every lab host sees it. */
export async function programsOf(version: string): Promise<string> {
  return dirname((await findProgram('etcd', version, { progress: () => undefined })).path);
}

/** In this order: each goes on where the last one ended. */
export const trials: readonly Trial[] = [
  plain('etcd/install', 'five hosts', members(FIVE)),
  {
    runbook: 'etcd/bootstrap',
    says: 'three members, 300 writes',
    async go(ground) {
      await ground.operator.run('etcd/bootstrap', members(THREE));
      if (ground.secured.users)
        await on(ground, 'etcd00', turnUsersOn(ground.house.lab, ground.client(0), ground.secured));
      return undefined;
    },
  },
  plain('etcd/members', 'with 50 writes', { ...members(THREE), writes: '50' }),
  {
    runbook: 'etcd/triage',
    says: 'healthy',
    async go({ operator }) {
      const { outputs } = await operator.run('etcd/triage', members(THREE));
      if (outputs?.verdict !== 'healthy') throw new Error(String(outputs?.verdict));
      return undefined;
    },
  },
  plain('etcd/backup', 'a snapshot, proved', members(THREE)),
  {
    runbook: 'etcd/fix-peer-url',
    says: 'localhost is corrected',
    async go(ground) {
      const id = /^([0-9a-f]+), started, etcd02/m.exec(await ctl(ground, 'member list'))?.[1] ?? '';
      await ctl(ground, `member update ${id} --peer-urls=http://localhost:2380`);
      await ground.operator.run('etcd/fix-peer-url', { ...members(THREE), member: 'etcd02' });
      if ((await ctl(ground, 'member list')).includes('localhost')) throw new Error('it is still localhost');
      return undefined;
    },
  },
  {
    runbook: 'etcd/restart-without-flag',
    says: 'a forgotten flag goes',
    async go(ground) {
      await on(
        ground,
        'etcd01',
        `sed -i 's/"\\$@"/--force-new-cluster "$@"/' apps/etcd/bin/start && grep -q force apps/etcd/bin/start`,
      );
      await ground.operator.run('etcd/restart-without-flag', members(THREE));
      const file = await on(ground, 'etcd01', 'cat apps/etcd/bin/start');
      if (file.includes('force-new-cluster')) throw new Error('the flag is still there');
      return undefined;
    },
  },
  plain('etcd/stop', 'one of three', members('etcd02')),
  plain('etcd/start', 'the one again', members('etcd02')),
  {
    runbook: 'etcd/move-leader',
    says: 'to each in turn, and to whom it likes',
    async go(ground) {
      for (const to of ['etcd00', 'etcd01', 'etcd02']) {
        const { outputs } = await ground.operator.run('etcd/move-leader', { ...members(THREE), to });
        same(ground, String(outputs?.leader), to);
      }
      const { outputs } = await ground.operator.run('etcd/move-leader', members(THREE));
      if (outputs?.leader === 'etcd02') throw new Error('the leader did not change');
      return undefined;
    },
  },
  {
    runbook: 'etcd/defragment',
    says: 'after 20 MB were deleted',
    async go(ground) {
      await fill(ground, 'gone', 40);
      await ctl(ground, 'del gone/ --prefix');
      await ctl(ground, `compact $(${revisionOf(ground)})`);
      const { outputs } = await ground.operator.run('etcd/defragment', members(THREE));
      const [before, after] = [Number(outputs?.before_mb), Number(outputs?.after_mb)];
      if (!(after < before / 2)) throw new Error(`${before} MB before, ${after} MB after`);
      return `${before} MB to ${after} MB`;
    },
  },
  plain('etcd/clear-nospace', 'compacts, defragments, disarms', members(THREE)),
  plain('etcd/free-disk', 'where there is room', members(THREE)),
  plain('etcd/scale', '3 to 5', { ...members(THREE), to: FIVE }),
  plain('etcd/scale', '5 to 3', { ...members(FIVE), to: THREE }),
  plain('etcd/replace-member', 'a living one by another host', {
    ...members(THREE),
    old: 'etcd02',
    new: 'etcd03',
  }),
  {
    runbook: 'etcd/replace-member',
    says: 'a dead one by another host',
    async go(ground) {
      await kill(ground, 'etcd03');
      const inputs = { ...members('etcd00:etcd01:etcd03'), old: 'etcd03', new: 'etcd02', gone: 'etcd03' };
      await ground.operator.run('etcd/replace-member', inputs);
      return undefined;
    },
  },
  {
    runbook: 'etcd/replace-member',
    says: 'one that lost its data, on its own host',
    async go(ground) {
      await kill(ground, 'etcd01');
      await ground.house.lab.break(parseBreakage(['lose-data', 'etcd01']));
      await ground.operator.run('etcd/replace-member', { ...members(THREE), old: 'etcd01', new: 'etcd01' });
      return undefined;
    },
  },
  {
    runbook: 'etcd/remove-member',
    says: 'refused where the rest is no majority',
    async go(ground) {
      await ground.operator.run('etcd/stop', members('etcd02'));
      const why = await ground.operator.refused('etcd/remove-member', {
        ...members(THREE),
        leaver: 'etcd01',
      });
      if (!why.includes('a majority of those that are left serves')) throw new Error(why);
      await ground.operator.run('etcd/start', members('etcd02'));
      return why;
    },
  },
  {
    runbook: 'etcd/remove-member',
    says: 'the leader leaves',
    async go(ground) {
      await ground.operator.run('etcd/move-leader', { ...members(THREE), to: 'etcd02' });
      await ground.operator.run('etcd/remove-member', { ...members(THREE), leaver: 'etcd02' });
      await ground.operator.run('etcd/members', members('etcd00:etcd01'));
      return undefined;
    },
  },
  plain('etcd/add-member', 'it comes back', { ...members('etcd00:etcd01'), joiner: 'etcd02' }),
  {
    runbook: 'etcd/rebuild',
    says: 'two of three lost after kill -9',
    async go(ground) {
      await ctl(ground, 'put kept value');
      await lose(ground, 'etcd01', 'etcd02');
      await ground.operator.run('etcd/rebuild', members(THREE));
      await everyoneHas(ground, 'value');
      return undefined;
    },
  },
  {
    runbook: 'etcd/rebuild',
    says: 'the same, strategy=snapshot',
    async go(ground) {
      await lose(ground, 'etcd00', 'etcd01');
      await ground.operator.run('etcd/rebuild', { ...members(THREE), strategy: 'snapshot' });
      await everyoneHas(ground, 'value');
      return undefined;
    },
  },
  {
    runbook: 'etcd/restore-snapshot',
    says: 'all lost, and a backup',
    async go(ground) {
      const { outputs } = await ground.operator.run('etcd/backup', members(THREE));
      const snapshot = { source: String(outputs?.host), file: String(outputs?.file) };
      await lose(ground, ...THREE.split(':'));
      await ground.operator.run('etcd/restore-snapshot', { ...members(THREE), ...snapshot });
      await everyoneHas(ground, 'value');
      return undefined;
    },
  },
];

/** kill -9 of its member. A unit would start it again, so it is stopped as somebody does who knows of no runbooks. */
async function kill(ground: Ground, host: string): Promise<void> {
  await ground.house.lab.break(parseBreakage(['kill', host, 'etcd']));
  if (ground.units) await on(ground, host, 'systemctl stop etcd.service');
}

/** kill -9 of all three members, and these have lost data and WAL. */
async function lose(ground: Ground, ...hosts: readonly string[]): Promise<void> {
  for (const host of THREE.split(':')) await kill(ground, host);
  for (const host of hosts) await ground.house.lab.break(parseBreakage(['lose-data', host]));
}

async function everyoneHas(ground: Ground, value: string): Promise<void> {
  for (const at of [0, 1, 2])
    same(ground, await ctl(ground, 'get kept --print-value-only', at), `${value}\n`);
}

/** Runs the runbook, and everything else is said by its own checks. */
function plain(runbook: string, says: string, inputs: Readonly<Record<string, string>>): Trial {
  return {
    runbook,
    says,
    async go({ operator }) {
      await operator.run(runbook, inputs);
      return undefined;
    },
  };
}

function revisionOf(ground: Ground): string {
  return `${etcdctl(ground)} endpoint status -w fields 2>/dev/null | awk -F ' : ' '$1 == "\\"Revision\\"" { print $2 }'`;
}

/** So many keys of half a megabyte. */
async function fill(ground: Ground, prefix: string, count: number): Promise<void> {
  await on(
    ground,
    'etcd00',
    `i=0; while [ $i -lt ${count} ]; do head -c 500000 /dev/zero | tr '\\0' x | ${etcdctl(ground)} put ${prefix}/$i >/dev/null 2>&1 || exit 1; i=$((i + 1)); done`,
  );
}
