import { ansibleIsThere, ansibleShell } from './ansible.ts';
import { bareActivities } from './bareActivities.ts';
import { bareSsh } from './bareSsh.ts';
import { each, interleaved, mean, median } from './measure.ts';
import { against, alone, type Bench, ms, type Row, row } from './table.ts';
import { houseOfSteps, runTrivial } from './trivialSteps.ts';

const STEPS = 100;
const ROUNDS = 3;
const ANSIBLE_TASKS = 12;

export const steps: Bench = {
  name: 'steps',
  about: `${STEPS} steps that do nothing, one after the other, on one host; ${ROUNDS} rounds, interleaved`,
  run,
};

async function run(): Promise<readonly Row[]> {
  await using house = await houseOfSteps(30, 1, STEPS);
  const [host] = house.lab.lab.hosts;
  if (!host) throw new Error('the lab has no host');
  await using bare = await bareActivities((await house.server()).temporal.address);
  await using ssh = await bareSsh(house.lab.lab, host);
  await bare.inSequence(5);
  const found = await interleaved(ROUNDS, {
    holdfast: async () => {
      const { median, mean } = await runTrivial(house);
      return { median, mean };
    },
    activities: async () => both(await bare.inSequence(STEPS)),
    ssh: async () => both(await each(STEPS, () => ssh.exec('true'))),
  });
  const ansible = (await ansibleIsThere())
    ? await ansibleShell(house.lab.lab, house.dataDir, ANSIBLE_TASKS)
    : undefined;
  const [holdfast, activities, execs] = [middle(found.holdfast), middle(found.activities), middle(found.ssh)];
  return [
    against('Holdfast, a step: median', holdfast.median, { most: 10 }, ' ms'),
    row('Holdfast, a step: mean', ms(holdfast.mean)),
    row('bare Temporal activity: median', ms(activities.median)),
    row('bare Temporal activity: mean', ms(activities.mean)),
    row('bare ssh2 exec: median', ms(execs.median)),
    row('ansible shell, pipelining: mean', ansible === undefined ? 'not available here' : ms(ansible)),
    against('Holdfast : bare activity, means', holdfast.mean / activities.mean, { most: 0.5 }, ' ×'),
    ...(ansible === undefined
      ? []
      : [against('ansible : Holdfast, means', ansible / holdfast.mean, { least: 20 }, ' ×')]),
  ];
}

type Times = { readonly median: number; readonly mean: number };

function both(times: readonly number[]): Times {
  return { median: median(times), mean: mean(times) };
}

/** Of the rounds, the middle one. */
function middle(rounds: readonly Times[]): Times {
  return {
    median: median(rounds.map((round) => round.median)),
    mean: median(rounds.map((round) => round.mean)),
  };
}

if (import.meta.main) await alone(steps);
