import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { CompiledPlan } from '../../plan/plan.ts';
import type { ProbeView } from '../api/plans.ts';
import { askHost } from './askHost.ts';
import { questionsOf } from './questions.ts';

/** Asks hosts, changing nothing, what can be known before a run. */
export type Prober = (compiled: CompiledPlan) => Promise<readonly ProbeView[]>;

/** For one question. What takes longer is the run's to wait for. */
const ONE_MS = 5_000;
/** For all questions of a plan: who looks at a plan waits for it. */
const ALL_MS = 15_000;

/** Hosts are asked all at once, each its own questions one after the other. What there is no time for is left out. */
export function hostProber(ssh: SshPool): Prober {
  return async ({ plan, blobs }) => {
    const questions = questionsOf(plan);
    const until = performance.now() + ALL_MS;
    const answers = await Promise.all(
      plan.hosts.map(async (host) => {
        const told: ProbeView[] = [];
        for (const question of questions.filter((one) => one.host === host.name)) {
          const left = until - performance.now();
          if (left <= 0) break;
          const answer = await askHost(
            ssh,
            host,
            question,
            (digest) => blobs[digest],
            Math.min(ONE_MS, left),
          );
          told.push(answer);
          // The others would say the same.
          if (answer.outcome === 'unreachable') break;
        }
        return told;
      }),
    );
    const order = new Map(questions.map(({ path }, index) => [path, index]));
    return answers.flat().sort((a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0));
  };
}
