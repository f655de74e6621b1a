import { parseArgs } from 'node:util';
import { claims, disproof } from './claims.ts';

/**
 * What docs/etcd/behaviour.md says of etcd, tried on real etcd:
 *
 *     npx node test/etcd/behaviour.ts [--only WORDS] [--etcd 3.4]
 *
 * Exit code 1 where something does not hold.
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, etcd: { type: 'string' } } });
let failed = 0;
for (const claim of await claims()) {
  if (values.only !== undefined && !`${claim.says}${claim.script}`.includes(values.only)) continue;
  for (const generation of claim.generations) {
    if (values.etcd !== undefined && values.etcd !== generation) continue;
    const why = await disproof(claim, generation, '127.84.83.3');
    if (why !== undefined) failed += 1;
    console.log(
      `${why === undefined ? 'holds' : 'DOES NOT HOLD'}  ${generation}  ${claim.says}${why === undefined ? '' : `\n    ${why}`}`,
    );
  }
}
if (failed > 0) process.exitCode = 1;
