import type { Broken } from './brokenClusters.ts';
import { MEMBERS, type Scene } from './scene.ts';

/** How one broken cluster went. */
export type Tried = {
  readonly name: string;
  readonly said: string;
  readonly ran: readonly string[];
  /** Acknowledged writes that some member lacks in the end. */
  readonly lost: number;
  /** From the first look to a cluster that is proved to be well. */
  readonly seconds: number;
  /** What is not as it should be. */
  readonly wrong: string | undefined;
};

/** Makes a cluster, breaks it, asks triage, does what it says, and looks at every member and every acknowledged write. */
export async function tryBroken(scene: Scene, broken: Broken): Promise<Tried> {
  await scene.fresh(() => broken.prepare?.(scene) ?? Promise.resolve());
  await broken.breaks(scene);
  const began = performance.now();
  const said = await scene.triage(broken.told);
  const left = broken.left ?? MEMBERS;
  const as = (wrong: string | undefined, lost: number): Tried => ({
    name: broken.name,
    said: said.verdict,
    ran: [...scene.ran],
    lost,
    seconds: (performance.now() - began) / 1000,
    wrong,
  });
  if (JSON.stringify(said) !== JSON.stringify(broken.says))
    return as(`triage says ${JSON.stringify(said)} instead of ${JSON.stringify(broken.says)}`, Number.NaN);
  try {
    await broken.mend(scene, said);
    const members = { members: left.join(',') };
    const then = await scene.triage(members);
    const ran = scene.ran.length;
    await scene.run('etcd/members', { ...members, writes: '100' });
    scene.ran.length = ran;
    const { somewhere, everywhere } = await scene.lost(left);
    const wrong = [
      ...(then.verdict === 'healthy' ? [] : [`in the end triage says ${then.verdict}`]),
      ...(somewhere > everywhere ? [`${somewhere - everywhere} writes are on some members only`] : []),
      ...(everywhere > 0 && broken.mayLose === undefined
        ? [`${everywhere} acknowledged writes are lost`]
        : []),
    ];
    return as(wrong.length === 0 ? undefined : wrong.join('; '), somewhere);
  } catch (error) {
    return as(error instanceof Error ? error.message : String(error), Number.NaN);
  }
}
