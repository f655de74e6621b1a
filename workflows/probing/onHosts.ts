import { HoldfastError } from '../../plan/errors.ts';
import type { HostName } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Check, HostStep } from '../../plan/plan.ts';
import type { Question } from '../../plan/probes.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { namesHost } from '../interpreter/checks.ts';
import { resolveHosts } from '../interpreter/hosts.ts';
import { hostIn, isTrue, scopeOf } from '../interpreter/scope.ts';
import { overall, tookPlace } from '../interpreter/step-state.ts';
import { stepView } from '../interpreter/step-view.ts';
import { outputsOf } from '../interpreter/steps/attempts.ts';
import { WORKER } from '../interpreter/steps/on-hosts.ts';
import { roundFor } from '../interpreter/steps/round-request.ts';
import { storedTexts } from '../interpreter/steps/stored-texts.ts';
import { answered } from './answers.ts';
import { foreseeChecks } from './once.ts';
import { Outlook } from './outlook.ts';
import { laterView, miss, type Place, type Probing, seen, whyNotNow } from './probing.ts';
import { askable, asQuestion } from './questions.ts';

/** As in a run: the answer must fit in history. */
const HOSTS_PER_ROUND = 200;

export async function foreseeOnHosts(walk: Probing, place: Place, step: HostStep): Promise<void> {
  const { frame } = place;
  const outlook = new Outlook(walk, place, step);
  const hosts = hostsOf(outlook);
  if (!hosts) return;
  outlook.state.hosts = hosts;
  frame.bindStep(outlook.state);
  const wanted = wantedOn(outlook, hosts);
  const question = askable(step, place.course.changed);
  if (question.ask !== 'nothing') await ask(outlook, wanted, question.ask);
  else if (question.acts) acts(outlook, wanted);
  else outlook.unknown(wanted, question.why);
  conclude(outlook);
}

function hostsOf({ walk, place, step, state }: Outlook): readonly HostName[] | undefined {
  const { frame, course } = place;
  if (step.kind === 'http' && step.request.via === undefined) return [WORKER];
  const hosts = seen(walk, () => resolveHosts(walk, step.on, scopeOf(walk, frame)));
  if (hosts.is === 'known') return hosts.value;
  const wrong = hosts.is === 'wrong';
  walk.report.expect({
    step: state.instance,
    what: wrong ? 'would_stop' : 'unknown',
    says: hosts.why,
    ...(wrong ? {} : { about: 'on which hosts' }),
  });
  frame.bind(step.id, laterView(walk, `step ${step.id}`, hosts.why));
  if (step.effect !== 'read') course.changed ??= state.instance;
  return undefined;
}

function wantedOn(outlook: Outlook, hosts: readonly HostName[]): readonly HostName[] {
  const { walk, place, step, state } = outlook;
  const { when } = step;
  if (when === undefined) return hosts;
  return hosts.filter((host) => {
    const holds = seen(walk, () => isTrue(when, scopeOf(walk, place.frame, host)));
    if (holds.is === 'known' && holds.value) return true;
    if (holds.is === 'known') {
      state.results.set(host, { host, generation: 0, outcome: 'skipped' });
      walk.report.expect({ step: state.instance, what: 'skipped', says: when.cel }, [host]);
    } else if (holds.is === 'wrong') outlook.stops(host, holds.why);
    else {
      outlook.unknown([host], holds.why, 'whether it happens');
      outlook.changes();
    }
    return false;
  });
}

/** Nothing can be asked, and it would act: so it would. */
function acts(outlook: Outlook, hosts: readonly HostName[]): void {
  if (hosts.length === 0) return;
  const { walk, state } = outlook;
  for (const host of hosts) outlook.later.set(host, `${state.instance} has not run`);
  walk.report.expect({ step: state.instance, what: 'would_change' }, hosts);
  outlook.changes();
}

async function ask(outlook: Outlook, hosts: readonly HostName[], question: Question): Promise<void> {
  const { walk, step } = outlook;
  const askedNow = hosts.filter((host) => canBeAsked(outlook, host, question));
  const requests = requestsFor(outlook, askedNow, question);
  if (!step.any) {
    await Promise.all(requests.map((request) => askRound(outlook, request, question)));
    return;
  }
  for (const request of requests) {
    const results = await askRound(outlook, request, question);
    if (results.some((result) => tookPlace(result.outcome))) {
      passOthers(outlook, hosts, results);
      return;
    }
  }
  if (askedNow.length > 0)
    walk.report.expect({ step: outlook.state.instance, what: 'would_stop', says: 'no host answers' });
}

async function askRound(
  outlook: Outlook,
  request: RoundRequest,
  question: Question,
): Promise<readonly HostResult[]> {
  const { walk, state } = outlook;
  const asked = request.tasks.map((task) => task.host);
  const late = whyNotNow(walk);
  if (late !== undefined || !walk.report.mayAsk(asked.length)) {
    outlook.unknown(asked, late ?? 'there is more to ask than a plan asks');
    if (question === 'done') outlook.changes();
    return [];
  }
  const results = await walk.port.ask(request);
  const stored = await storedTexts(walk.port, results);
  for (const result of results) {
    state.results.set(result.host, result);
    if (tookPlace(result.outcome))
      state.outputs.set(result.host, outputsOf(walk, outlook.place.frame.unit, result, stored));
    answered(outlook, result, question);
  }
  return results;
}

/** Not who has not answered before, and not what it needs values for that there are not yet. */
function canBeAsked(outlook: Outlook, host: HostName, question: Question): boolean {
  const { walk } = outlook;
  const silent = walk.silent.get(host);
  if (silent !== undefined) {
    outlook.unknown([host], silent);
    if (question === 'done') outlook.changes();
    return false;
  }
  const round = seen(walk, () => {
    const { impossible } = roundFor(asking(outlook), zoneOf(outlook, host), [host]);
    const [why] = impossible;
    if (why) throw new HoldfastError('probe/value', why.reason ?? '', '');
  });
  if (round.is === 'known') return true;
  if (round.is === 'wrong') outlook.stops(host, round.why);
  else outlook.unknown([host], round.why);
  if (question === 'done') outlook.changes();
  return false;
}

function asking({ walk, place, step, state }: Outlook) {
  return { walk, frame: place.frame, step, state, generation: () => 0 };
}

function zoneOf({ walk }: Outlook, host: HostName): string {
  return walk.hosts.get(host)?.zone ?? 'default';
}

/** For any host that answers one after the other, as the run does; else all of a zone at once. */
function requestsFor(
  outlook: Outlook,
  hosts: readonly HostName[],
  question: Question,
): readonly RoundRequest[] {
  const { step, walk } = outlook;
  const most = step.any ? 1 : HOSTS_PER_ROUND;
  const zones = Map.groupBy(hosts, (host) => zoneOf(outlook, host));
  return [...zones].flatMap(([zone, members]) => {
    const parts = Array.from({ length: Math.ceil(members.length / most) }, (_, at) =>
      members.slice(at * most, (at + 1) * most),
    );
    return parts.flatMap((part) => {
      const { request } = roundFor(asking(outlook), zone, part);
      const asked = asQuestion(step, request, question);
      const limit = Math.min(request.timeoutMs, walk.limits.questionMs);
      return asked ? [{ ...asked, timeoutMs: limit }] : [];
    });
  });
}

function passOthers(
  { walk, state, later }: Outlook,
  hosts: readonly HostName[],
  answers: readonly HostResult[],
): void {
  const by = answers.find((result) => tookPlace(result.outcome))?.host ?? '';
  for (const host of hosts) {
    if (host === by) continue;
    later.delete(host);
    state.results.set(host, { host, generation: 0, outcome: 'skipped', reason: `${by} answered` });
    walk.report.expect({ step: state.instance, what: 'skipped', says: `${by} answers` }, [host]);
  }
}

/** Its requirements; then what later steps know of it. */
function conclude(outlook: Outlook): void {
  const { walk, place, step, state, later } = outlook;
  const { frame } = place;
  const { own, together } = checksOf(outlook);
  const stand = state.hosts.filter((host) => {
    const outcome = state.results.get(host)?.outcome;
    return outcome !== undefined && tookPlace(outcome) && !later.has(host);
  });
  for (const host of stand) foreseeChecks(walk, frame, step, own, scopeOf(walk, frame, host), [host]);
  const [[, why] = []] = later;
  if (why === undefined) {
    state.outcome = overall([...state.results.values()].map(({ outcome }) => outcome));
    if (stand.length > 0) foreseeChecks(walk, frame, step, together, scopeOf(walk, frame));
    return;
  }
  frame.bindLater(step.id, (here) => {
    const view = stepView(state, here, (name) => hostIn(walk, frame.unit, name));
    return laterView(walk, `step ${step.id}`, why, (field) => {
      if (here === undefined || !state.results.has(here) || WHOLE.has(field)) return undefined;
      const own = later.get(here);
      return own === undefined ? view.field(field) : miss(walk, own);
    });
  });
}

const WHOLE = new Set(['rows', 'each', 'results']);

function checksOf({ place, step }: Outlook): {
  readonly own: readonly Check[];
  readonly together: readonly Check[];
} {
  const several = (id: string) => {
    const found = place.frame.find(id);
    return found?.kind === 'later' || (found?.kind === 'step' && found.state.hosts.length > 1);
  };
  const own = step.check.filter((check) => namesHost(check.holds, several));
  return { own, together: step.check.filter((check) => !own.includes(check)) };
}
