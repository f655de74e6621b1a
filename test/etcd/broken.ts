import { parseArgs } from 'node:util';
import { openHouse } from '../support/house.ts';
import { brokenClusters } from './brokenClusters.ts';
import { Scene, STAND_INS } from './scene.ts';
import { type Tried, tryBroken } from './tryBroken.ts';

/**
 * Clusters that are broken in every way that is known, one after the other: what triage says of each, what is run then, how many
 * acknowledged writes are lost, and the seconds.
 *
 *     npx node test/etcd/broken.ts [--only NAME,NAME] [--etcd 3.5] [--net 83]
 *
 * Exit code 1 where triage says something else than it should, or a cluster is not whole in the end.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    etcd: { type: 'string', default: '3.5' },
    net: { type: 'string', default: '83' },
  },
});
const wanted = values.only?.split(',');
const chosen = brokenClusters.filter(({ name }) => wanted?.includes(name) ?? true);
if (chosen.length === 0)
  throw new Error(`There is no such one. There are: ${brokenClusters.map(({ name }) => name).join(', ')}`);

await using house = await openHouse({
  net: Number(values.net),
  hosts: 3,
  etcdVersion: values.etcd,
  disk: '1G',
  programs: STAND_INS,
});
const scene = new Scene(house);
const all: Tried[] = [];
console.log(`etcd ${house.lab.lab.etcd?.version}`);
console.log('| broken | triage says | what was run | lost | seconds |\n| --- | --- | --- | --- | --- |');
for (const broken of chosen) {
  const tried = await tryBroken(scene, broken);
  all.push(tried);
  const lost = `${tried.lost}${tried.lost > 0 && broken.mayLose !== undefined ? ` (${broken.mayLose})` : ''}`;
  const cells = [
    `${tried.name}: ${broken.about}`,
    tried.said,
    tried.ran.join('; '),
    lost,
    tried.seconds.toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |${tried.wrong === undefined ? '' : ` WRONG: ${tried.wrong}`}`);
}
const wrong = all.filter((tried) => tried.wrong !== undefined);
console.log(`${all.length} broken, ${all.length - wrong.length} mended as they should be`);
if (wrong.length > 0) process.exitCode = 1;
