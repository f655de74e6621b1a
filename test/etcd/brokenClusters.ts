import type { Inputs } from './operator.ts';
import { MEMBERS, type Scene, type Verdict } from './scene.ts';

/** A cluster that is broken in one way, what triage has to say of it, and what a person does then. */
export type Broken = {
  readonly name: string;
  readonly about: string;
  /** Changes the programs before the cluster is made. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  readonly breaks: (scene: Scene) => Promise<void>;
  /** What triage is told. */
  readonly told?: Inputs;
  readonly says: Verdict;
  readonly mend: (scene: Scene, said: Verdict) => Promise<void>;
  /** Who is a member in the end. All three unless said. */
  readonly left?: readonly string[];
  /** Acknowledged writes that nobody had any more when it was broken, and why: as many may be missing. */
  readonly mayLose?: string;
};

const OTHERS = ['etcd01', 'etcd02'] as const;
const says = (verdict: string, runbook = '', inputs = ''): Verdict => ({ verdict, runbook, inputs });

/** What triage names, with the inputs that it names. */
async function asTold(scene: Scene, { runbook, inputs }: Verdict, more: Inputs = {}): Promise<void> {
  const named = inputs === '' ? [] : inputs.split(' ').map((pair) => pair.split('='));
  await scene.run(runbook, { ...Object.fromEntries(named), ...more });
}

const succeeds = (act: Promise<void>) =>
  act.then(
    () => true,
    () => false,
  );

/** 8 KB of garbage in the largest of these files, from so many KB on. */
const spoil = (file: string, at: number) =>
  `dd if=/dev/urandom of="$(ls -S ${file} | head -n 1)" bs=1024 seek=${at} count=8 conv=notrunc 2>/dev/null`;

export const brokenClusters: readonly Broken[] = [
  {
    name: 'two-lost',
    about: 'kill -9 of all, two have lost data and WAL',
    async breaks(scene) {
      await scene.kill('etcd00');
      await scene.lose(...OTHERS);
    },
    says: says('quorum_lost', 'etcd/rebuild'),
    mend: asTold,
  },
  {
    name: 'two-lost-snapshot',
    about: 'the same, rebuilt by a snapshot',
    async breaks(scene) {
      await scene.kill('etcd00');
      await scene.lose(...OTHERS);
    },
    says: says('quorum_lost', 'etcd/rebuild'),
    mend: (scene, said) => asTold(scene, said, { strategy: 'snapshot' }),
  },
  {
    name: 'two-lost-under-load',
    about: 'kill -9 of all under a write load, two have lost data and WAL',
    async breaks(scene) {
      await scene.underLoad(() => scene.kill(...MEMBERS));
      for (const host of OTHERS) await scene.break('lose-data', host);
    },
    says: says('quorum_lost', 'etcd/rebuild'),
    mend: asTold,
    mayLose: 'the last ones were on the two lost disks alone',
  },
  {
    name: 'two-hosts-dead',
    about: 'two hosts are dead for good: nothing of them answers',
    async breaks(scene) {
      await scene.lose(...OTHERS);
      for (const host of OTHERS) await scene.break('sshd-down', host);
    },
    told: { gone: OTHERS.join(',') },
    says: says('quorum_lost', 'etcd/rebuild', `gone=${OTHERS.join(',')}`),
    mend: asTold,
    left: ['etcd00'],
  },
  {
    name: 'killed-under-load',
    about: 'kill -9 of all members under a write load',
    breaks: (scene) => scene.underLoad(() => scene.kill(...MEMBERS)),
    says: says('stopped', 'etcd/start', `members=${MEMBERS.join(',')}`),
    mend: asTold,
  },
  {
    name: 'power-cut',
    about: 'all hosts lose their power under a write load',
    breaks: (scene) =>
      scene.underLoad(async () => {
        await Promise.all(MEMBERS.map((host) => scene.break('reboot', host)));
      }),
    says: says('stopped', 'etcd/start', `members=${MEMBERS.join(',')}`),
    mend: asTold,
  },
  {
    name: 'one-lost-two-stopped',
    about: 'kill -9 of all, one has lost data and WAL: a majority only has to be started',
    breaks: async (scene) => {
      await scene.kill(...OTHERS);
      await scene.lose('etcd00');
    },
    says: says('stopped', 'etcd/start', 'members=etcd01,etcd02'),
    async mend(scene, said) {
      await asTold(scene, said);
      const then = await scene.triage();
      if (then.verdict !== 'member_lost') throw new Error(`then triage says ${then.verdict}`);
      await asTold(scene, then);
    },
  },
  {
    name: 'cut-off',
    about: "the host of one member can't be reached, and its member serves on: nothing is replaced",
    breaks: (scene) => scene.break('sshd-down', 'etcd01'),
    says: says('host_unreachable'),
    async mend(scene) {
      await scene.break('sshd-up', 'etcd01');
      scene.ran.push('its way back');
    },
  },
  {
    name: 'one-full-disk',
    about: 'the disk of one member runs full under the writes of the others',
    async breaks(scene) {
      await scene.break('full-disk', 'etcd00');
      await scene.fillUp('etcd00', OTHERS);
    },
    says: says('disk_full', 'etcd/free-disk'),
    async mend(scene, said) {
      await scene.break('free-disk', 'etcd00');
      await asTold(scene, said);
    },
  },
  {
    name: 'two-full-disks',
    about: 'the disks of two members run full: no quorum, and all data there',
    async breaks(scene) {
      for (const host of OTHERS) await scene.break('full-disk', host);
      await scene.fillUp('etcd01', ['etcd00']);
      await scene.kill(...OTHERS).catch(() => undefined);
    },
    says: says('disk_full', 'etcd/free-disk'),
    async mend(scene, said) {
      for (const host of OTHERS) await scene.break('free-disk', host);
      await asTold(scene, said);
    },
  },
  {
    name: 'wrong-peer-url',
    about: 'a member is registered as http://localhost:2380, and stays healthy',
    async breaks(scene) {
      await scene.ctl(
        'etcd00',
        `member update ${await scene.idOf('etcd02')} --peer-urls=http://localhost:2380`,
      );
    },
    says: says('wrong_peer_url', 'etcd/fix-peer-url', 'member=etcd02'),
    mend: asTold,
  },
  {
    name: 'forgotten-flag',
    about: '--force-new-cluster was left in a start file',
    async breaks(scene) {
      await scene.on('etcd01', `sed -i 's/"\\$@"/--force-new-cluster "$@"/' apps/etcd/bin/start`);
    },
    says: says('stale_flag', 'etcd/restart-without-flag'),
    mend: asTold,
  },
  {
    name: 'forced-aside',
    about: 'a member was restarted with the flag: it serves alone, and the others end where they reach it',
    async breaks(scene) {
      await scene.run('etcd/stop', { members: 'etcd02' });
      await scene.on('etcd02', 'apps/etcd/bin/start --force-new-cluster');
      await scene.serves('etcd02');
      scene.ran.length = 0;
    },
    says: says('stale_flag', 'etcd/restart-without-flag'),
    async mend(scene, said) {
      await asTold(scene, said);
      const then = await scene.triage();
      if (then.verdict !== 'split') throw new Error(`then triage says ${then.verdict}`);
      // A person says that the two are right.
      await scene.run('etcd/stop', { members: 'etcd02' });
      await scene.run('etcd/start', { members: 'etcd00,etcd01' });
      await scene.run('etcd/replace-member', { old: 'etcd02', new: 'etcd02' });
    },
  },
  {
    name: 'unstarted',
    about: 'a member was registered and never started',
    async breaks(scene) {
      await scene.ctl('etcd00', `member add etcd09 --peer-urls=${scene.peer(9)}`);
    },
    says: says('unstarted'),
    async mend(scene) {
      const list = await scene.ctl('etcd00', 'member list');
      const id = /^([0-9a-f]+), unstarted/m.exec(list)?.[1] ?? '';
      await scene.ctl('etcd00', `member remove ${id}`);
      scene.ran.push('etcdctl member remove');
    },
  },
  {
    name: 'dead-voter',
    about: 'a cluster of one took in a second member that never came: it takes no writes, and no removal',
    async breaks(scene) {
      await scene.run('etcd/remove-member', { leaver: 'etcd01' });
      await scene.run('etcd/remove-member', { leaver: 'etcd02', members: 'etcd00,etcd02' });
      await scene.ctl('etcd00', `member add etcd09 --peer-urls=${scene.peer(9)}`);
      scene.ran.length = 0;
    },
    told: { members: 'etcd00' },
    says: says('outvoted', 'etcd/rebuild', 'tried_start=true'),
    mend: (scene, said) => asTold(scene, said, { members: 'etcd00' }),
    left: ['etcd00'],
  },
  {
    name: 'lost-member',
    about: 'one member has lost its data, the others serve',
    breaks: (scene) => scene.lose('etcd01'),
    says: says('member_lost', 'etcd/replace-member', 'old=etcd01 new=etcd01'),
    mend: asTold,
  },
  {
    name: 'diverged',
    about: 'members hold different data at one revision: list, health and counts are well',
    async breaks(scene) {
      await scene.diverge('etcd02');
      scene.ran.length = 0;
    },
    says: says('diverged'),
    async mend(scene) {
      // A person says that etcd00 and etcd01 are right.
      await scene.run('etcd/backup', { members: 'etcd02' });
      await scene.run('etcd/stop', { members: 'etcd02' });
      await scene.run('etcd/replace-member', { old: 'etcd02', new: 'etcd02' });
    },
  },
  {
    name: 'nospace',
    about: 'the database has reached its quota',
    async breaks(scene) {
      await scene.run('etcd/stop');
      for (const host of MEMBERS) await scene.on(host, 'apps/etcd/bin/start --quota-backend-bytes 20000000');
      for (const host of MEMBERS) await scene.serves(host);
      await scene.on(
        'etcd00',
        `i=0; while head -c 1000000 /dev/zero | tr '\\0' x | ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints ${scene.client('etcd00')} put big >/dev/null 2>&1 && [ $i -lt 60 ]; do i=$((i + 1)); done`,
      );
      scene.ran.length = 0;
    },
    says: says('nospace', 'etcd/clear-nospace'),
    mend: asTold,
  },
  {
    name: 'corrupt-wal',
    about: 'the log of one member is damaged',
    async breaks(scene) {
      await scene.kill('etcd01');
      await scene.on(
        'etcd01',
        "LC_ALL=C sed -i 's|value of kept/150|VALUE of kept/150|' apps/etcd/wal/*.wal",
      );
      await scene.startInVain('etcd01');
    },
    says: says('member_damaged', 'etcd/replace-member', 'old=etcd01 new=etcd01'),
    mend: asTold,
  },
  {
    name: 'torn-wal',
    about: 'the log of one member was cut off in the middle of its last write',
    async breaks(scene) {
      // A leader remembers how far this member's log went, and one that was elected since does not: it sends what is missing.
      await scene.run('etcd/move-leader', { to: 'etcd00' });
      await scene.kill('etcd01');
      scene.term = await scene.termNow();
      await scene.on(
        'etcd01',
        `f=$(LC_ALL=C grep -laF 'value of kept/' apps/etcd/wal/*.wal | tail -n 1)
at=$(LC_ALL=C grep -obUaF 'value of kept/' "$f" | tail -n 1 | cut -d : -f 1)
head -c $((at + 5)) "$f" >"$f.x"; mv "$f.x" "$f"`,
      );
      scene.ran.length = 0;
    },
    says: says('member_stopped', 'etcd/start', 'members=etcd01'),
    async mend(scene, said) {
      const started = await succeeds(asTold(scene, said));
      if (started && scene.term === (await scene.termNow()))
        throw new Error('what it had acknowledged is lost, its leader knows, and it was started');
      if (started) return;
      const then = await scene.triage();
      if (then.verdict !== 'member_damaged') throw new Error(`then triage says ${then.verdict}`);
      await asTold(scene, then);
    },
  },
  {
    name: 'corrupt-db',
    about: 'the database of one member is damaged',
    async breaks(scene) {
      await scene.kill('etcd01');
      await scene.on('etcd01', spoil('apps/etcd/data/member/snap/db', 0));
      await scene.startInVain('etcd01');
    },
    says: says('member_damaged', 'etcd/replace-member', 'old=etcd01 new=etcd01'),
    mend: asTold,
  },
  {
    name: 'two-corrupt-dbs',
    about: 'the databases of two members are damaged: a majority has its files and does not come up',
    async breaks(scene) {
      await scene.kill(...MEMBERS);
      for (const host of OTHERS) await scene.on(host, spoil('apps/etcd/data/member/snap/db', 0));
    },
    says: says('stopped', 'etcd/start', `members=${MEMBERS.join(',')}`),
    async mend(scene, said) {
      if (await succeeds(asTold(scene, said))) throw new Error('the damaged members were started');
      await scene.run('etcd/stop');
      const then = await scene.triage({ tried_start: 'true' });
      if (then.verdict !== 'quorum_lost') throw new Error(`then triage says ${then.verdict}`);
      await scene.run('etcd/rebuild', { tried_start: 'true' });
    },
  },
  {
    name: 'wrong-token',
    about: 'a member was made anew with the token of another cluster',
    async breaks(scene) {
      await scene.lose('etcd02');
      await scene.on(
        'etcd02',
        `apps/etcd/bin/start --initial-cluster-state new --initial-cluster-token another --initial-cluster '${MEMBERS.map((host, at) => `${host}=${scene.peer(at)}`).join(',')}' --initial-advertise-peer-urls ${scene.peer(2)}`,
      );
    },
    says: says('member_lost', 'etcd/replace-member', 'old=etcd02 new=etcd02'),
    mend: asTold,
  },
  {
    name: 'mixed-versions',
    about: 'an upgrade stopped after the first member',
    prepare: (scene) => scene.install('3.4', MEMBERS),
    async breaks(scene) {
      await scene.upgrade('3.5', 'etcd02');
      scene.ran.length = 0;
    },
    says: says('mixed_versions', 'etcd/upgrade', 'to=3.5.35'),
    mend: asTold,
  },
  {
    name: 'old-member-back',
    about: 'a member that was taken out is started again with its old data',
    async breaks(scene) {
      await scene.run('etcd/stop', { members: 'etcd02' });
      await scene.ctl('etcd00', `member remove ${await scene.idOf('etcd02')}`);
      await scene.startInVain('etcd02');
      scene.ran.length = 0;
    },
    says: says('removed', 'etcd/add-member', 'joiner=etcd02 members=etcd00,etcd01'),
    mend: asTold,
  },
  {
    name: 'expired-certificate',
    about: 'certificates for peers have run out on two hosts: their members run, and nobody lets them in',
    prepare: (scene) => scene.certifyPeers(),
    async breaks(scene) {
      for (const host of OTHERS) await scene.certifyPeer(host, -1);
      await scene.kill(...OTHERS);
      for (const host of OTHERS) await scene.on(host, 'apps/etcd/bin/start');
    },
    says: says('certificate_expired'),
    async mend(scene) {
      for (const host of OTHERS) await scene.certifyPeer(host, 100);
      scene.ran.push('two new certificates');
      for (const host of MEMBERS) await scene.serves(host);
    },
  },
  {
    name: 'clock-ahead',
    about: 'the clock of one host is an hour ahead (what stands in for its `date` says so), and all serve',
    breaks: (scene) => scene.clock('etcd01', 3600),
    says: says('clocks_differ'),
    async mend(scene) {
      await scene.clock('etcd01', 0);
      scene.ran.push('its clock set right');
    },
  },
  {
    name: 'two-lost-clock-ahead',
    about: 'the same, and two have lost data and WAL',
    async breaks(scene) {
      await scene.kill('etcd00');
      await scene.lose(...OTHERS);
      await scene.clock('etcd01', 3600);
    },
    says: says('quorum_lost', 'etcd/rebuild'),
    async mend(scene, said) {
      const why = await scene.refused('etcd/rebuild');
      if (!why.includes('clocks within 30 s')) throw new Error(`etcd/rebuild is held: ${why}`);
      await scene.clock('etcd01', 0);
      scene.ran.push('etcd/rebuild, held: clocks within 30 s', 'its clock set right');
      await asTold(scene, said);
    },
  },
  {
    name: 'all-lost',
    about: 'no member has data any more; there is a backup',
    async breaks(scene) {
      await scene.backUp();
      await scene.write('later/', 20);
      await scene.kill(...MEMBERS);
      for (const host of MEMBERS) await scene.break('lose-data', host);
      scene.ran.length = 0;
    },
    says: says('all_lost', 'etcd/restore-snapshot'),
    mend: (scene, said) => asTold(scene, said, scene.backup),
    mayLose: 'what was written after the backup',
  },
];
