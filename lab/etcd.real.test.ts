import { afterAll, beforeAll, expect, test } from 'vitest';
import { labStatus } from './labStatus.ts';
import { type TestLab, testLab } from './testLab.ts';

/** Starts etcd as the runbooks lay it out, on its own address, and waits until it answers. */
const START = `
set -e
home=$HOME/apps/etcd
mkdir -p "$home/bin" "$home/data" "$home/wal" "$home/logs"
cp "$SOURCE/etcd" "$SOURCE/etcdctl" "$home/bin/"
cd "$home"
setsid bin/etcd --name etcd00 --data-dir data --wal-dir wal --listen-client-urls http://127.82.5.3:2379 \
  --advertise-client-urls http://127.82.5.3:2379 --listen-peer-urls http://127.82.5.3:2380 \
  --initial-advertise-peer-urls http://127.82.5.3:2380 --initial-cluster etcd00=http://127.82.5.3:2380 \
  > logs/etcd.log 2>&1 < /dev/null &
for try in $(seq 100); do
  ETCDCTL_API=3 bin/etcdctl --endpoints http://127.82.5.3:2379 put key value && exit 0
  sleep 0.1
done
exit 1
`;

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab({ net: 5, etcdVersion: '3.4', disk: '512M' });
});
afterAll(() => lab.down());

test('etcd runs on a host from the programs on offer, is killed, and loses its data but not its programs', async () => {
  const source = lab.lab.etcd?.source ?? '';
  const started = await lab.ssh('etcd00', `SOURCE='${source}' sh -s`, START);
  expect(started).toMatchObject({ kind: 'done', stdout: expect.stringContaining('OK') });
  expect((await labStatus({ dir: lab.dir })).hosts[0]?.processes.map(({ name }) => name)).toEqual(['etcd']);
  await expect(lab.break({ kind: 'lose-data', host: 'etcd00' })).rejects.toMatchObject({
    code: 'lab_etcd_running',
  });

  await lab.break({ kind: 'kill', host: 'etcd00', process: 'etcd' });
  await lab.break({ kind: 'lose-data', host: 'etcd00' });
  const left = await lab.ssh('etcd00', 'cd apps/etcd; ls data wal; ls bin');
  expect(left.stdout.trim().split('\n')).toEqual(['data:', '', 'wal:', 'etcd', 'etcdctl']);
});
