import type { EventData } from '../../../ledger/events.ts';
import { HoldfastError } from '../../../plan/errors.ts';
import { decodeMap } from '../../../plan/expressions/encoding.ts';
import { parseExactJson } from '../../../plan/expressions/exact-json.ts';
import type { Value, ValueMap } from '../../../plan/expressions/values.ts';
import type { Digest, HostName, StepInstance } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { Expr, HostStep, Unit } from '../../../plan/plan.ts';
import type { RoundRequest } from '../../../plan/rounds.ts';
import { namesHost, unmet } from '../checks.ts';
import type { Frame } from '../frame.ts';
import { hostIn, isTrue, scopeOf } from '../scope.ts';
import { isTrouble, type StepState, tookPlace } from '../step-state.ts';
import { engineEntry, type Ground, note, type Walk } from '../walk.ts';
import { doneRound, roundFor } from './round-request.ts';
import { storedTexts } from './stored-texts.ts';

/** At most this many hosts in one activity: the answer must fit in history. */
const HOSTS_PER_ROUND = 200;

/** The attempts of one step on its hosts: which generation each is at, and what became of them. */
export class Attempts {
  readonly walk: Walk;
  readonly frame: Frame;
  readonly step: HostStep;
  readonly state: StepState;
  /** How often the step was held: tells its points apart. */
  holds = 0;
  /** Hosts where something of it was begun in any generation: what stands there now may be its doing. */
  readonly begun = new Set<HostName>();
  readonly #generations = new Map<HostName, number>();

  constructor(walk: Walk, frame: Frame, step: HostStep, state: StepState) {
    this.walk = walk;
    this.frame = frame;
    this.step = step;
    this.state = state;
  }

  /** Those whose `when` holds; the others are skipped. */
  wanted(hosts: readonly HostName[]): readonly HostName[] {
    return hosts.filter((host) => {
      try {
        if (this.step.when === undefined || isTrue(this.step.when, scopeOf(this.walk, this.frame, host)))
          return true;
        this.settle({ host, generation: 0, outcome: 'skipped', reason: `when: ${this.step.when.cel}` });
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        this.settle({ host, generation: 0, outcome: 'failed', reason: error.message });
      }
      return false;
    });
  }

  /** Whether its `when`, where that is the same for all hosts, leaves the whole step out. */
  isLeftOut(): boolean {
    const { when } = this.step;
    if (when === undefined || this.isPerHost(when)) return false;
    try {
      return !isTrue(when, scopeOf(this.walk, this.frame));
    } catch (error) {
      if (error instanceof HoldfastError) return false;
      throw error;
    }
  }

  /** Those of these hosts that somebody or something has to decide about. */
  trouble(hosts: readonly HostName[]): readonly HostResult[] {
    return hosts
      .flatMap((host) => this.state.results.get(host) ?? [])
      .filter((result) => isTrouble(result.outcome));
  }

  stands(host: HostName): boolean {
    const result = this.state.results.get(host);
    return result !== undefined && tookPlace(result.outcome);
  }

  /** One round on these hosts: unknowns settled by `done` where that can be, outputs read, per-host checks applied. */
  async run(hosts: readonly HostName[]): Promise<readonly HostResult[]> {
    const { requests, impossible } = this.#requests(hosts);
    for (const result of impossible) this.settle(result);
    const answers = await Promise.all(requests.map((request) => this.#round(request, this.state.instance)));
    for (const answer of answers.flat()) if (wasBegun(this.step, answer)) this.begun.add(answer.host);
    const settled = await this.#settleUnknowns(answers.flat());
    await this.#readOutputs(settled);
    for (const result of settled) this.settle(this.#checked(result));
    return hosts.flatMap((host) => this.state.results.get(host) ?? []);
  }

  /** Asks for the command once more on these hosts. Answers when, as it was recorded the first time. */
  async openGeneration(
    hosts: readonly HostName[],
    by: 'retry' | 'person',
    notBefore: number,
  ): Promise<number> {
    const groups = Map.groupBy(hosts, (host) => this.generation(host) + 1);
    let recorded = 0;
    for (const [generation, members] of groups) {
      const about = `${this.state.instance}/${generation}/${members.join(',')}`;
      const data = { step: this.state.instance, hosts: members, generation, by, notBefore };
      const entry = await this.walk.port.record(
        engineEntry(this.walk.input, 'generation.opened', about, data),
      );
      if (entry.kind === 'generation.opened') recorded = Math.max(recorded, entry.data.notBefore);
      for (const host of members) this.#generations.set(host, generation);
    }
    return recorded;
  }

  generation(host: HostName): number {
    return this.#generations.get(host) ?? 0;
  }

  settle(result: HostResult): void {
    this.state.results.set(result.host, result);
  }

  /** It need not happen on this host any more; what it left there counts for nothing. */
  pass(host: HostName, reason: string): void {
    this.state.outputs.delete(host);
    this.settle({ host, generation: this.generation(host), outcome: 'skipped', reason });
  }

  skip(host: HostName, outputs: ValueMap, reason: string): void {
    this.state.outputs.delete(host);
    if (Object.keys(outputs).length > 0) this.#keep(host, outputs);
    this.settle({ host, generation: this.generation(host), outcome: 'skipped', reason });
  }

  resolve(host: HostName, as: 'succeeded' | 'failed', outputs: ValueMap, reason: string): void {
    if (as === 'succeeded') this.#keep(host, outputs);
    const generation = this.generation(host);
    this.settle({ host, generation, outcome: as, reason });
    this.#noteResolved({ host, generation }, as, 'person');
  }

  isPerHost(expr: Expr): boolean {
    return namesHost(expr, (id) => {
      const found = this.frame.find(id);
      return found?.kind === 'step' && found.state.hosts.length > 1;
    });
  }

  /** What a person gave stands in the record by the entry of their answer; here as the step's outputs. */
  #keep(host: HostName, outputs: ValueMap): void {
    this.state.outputs.set(host, outputs);
  }

  #requests(hosts: readonly HostName[]): {
    readonly requests: readonly RoundRequest[];
    readonly impossible: readonly HostResult[];
  } {
    const impossible: HostResult[] = [];
    const byZone = new Map<string, HostName[]>();
    for (const host of hosts) {
      const zone = this.walk.hosts.get(host)?.zone ?? 'default';
      byZone.set(zone, [...(byZone.get(zone) ?? []), host]);
    }
    const requests: RoundRequest[] = [];
    for (const [zone, members] of byZone) {
      for (let at = 0; at < members.length; at += HOSTS_PER_ROUND) {
        const part = roundFor(this, zone, members.slice(at, at + HOSTS_PER_ROUND));
        impossible.push(...part.impossible);
        if (part.request.tasks.length > 0) requests.push(part.request);
      }
    }
    return { requests, impossible };
  }

  async #round(request: RoundRequest, step: StepInstance): Promise<readonly HostResult[]> {
    const alone = this.frame.alone;
    return this.walk.port.round({ ...request, step }, { alone, signal: this.walk.desk.aborted });
  }

  /** An unknown whose `done` holds was done. Asked only when nothing of the command is left alive on the host. */
  async #settleUnknowns(results: readonly HostResult[]): Promise<readonly HostResult[]> {
    const { step } = this;
    const unknown = results.filter((result) => result.outcome === 'unknown');
    if (unknown.length === 0) return results;
    if (step.onUnknown === 'fail') return results.map((result) => this.#takenAsFailed(result));
    if (step.kind === 'copy' || !step.done) return results;
    const askable = unknown.filter((result) => result.sessionLives === false).map((result) => result.host);
    const { requests } = this.#requests(askable);
    const asked = await Promise.all(
      requests.map((request) => {
        const question = doneRound(step, request);
        return question ? this.#round(question, `${this.state.instance}!done` as StepInstance) : [];
      }),
    );
    const held = new Map(
      asked
        .flat()
        .filter((answer) => tookPlace(answer.outcome))
        .map((answer) => [answer.host, answer]),
    );
    return results.map((result) => {
      const answer = held.get(result.host);
      if (result.outcome !== 'unknown' || !answer) return result;
      const { generation } = result;
      this.#noteResolved(result, 'succeeded', 'done');
      return {
        ...answer,
        generation,
        outcome: 'succeeded',
        reason: `${result.reason ?? 'it was not known whether it ran'}; done holds`,
      };
    });
  }

  /** Not where something of it still lives: that is running, whatever the runbook says of an unknown. */
  #takenAsFailed(result: HostResult): HostResult {
    if (result.outcome !== 'unknown' || result.sessionLives) return result;
    this.#noteResolved(result, 'failed', 'runbook');
    return { ...result, outcome: 'failed' };
  }

  #noteResolved(
    { host, generation }: Pick<HostResult, 'host' | 'generation'>,
    outcome: 'succeeded' | 'failed',
    by: EventData['unknown.resolved']['by'],
  ): void {
    const step = this.state.instance;
    const data = { step, host, generation, outcome, by };
    note(this.walk, 'unknown.resolved', `${step}/${host}/${generation}`, data);
  }

  async #readOutputs(results: readonly HostResult[]): Promise<void> {
    const stored = await storedTexts(this.walk.port, results);
    for (const result of results) {
      const values = outputsOf(this.walk, this.frame.unit, result, stored);
      if (tookPlace(result.outcome) || Object.keys(values).length > 0)
        this.state.outputs.set(result.host, values);
    }
  }

  /** Requirements that name this host's values. The words say which, so that the host need not be asked again to know. */
  #checked(result: HostResult): HostResult {
    if (!tookPlace(result.outcome)) return result;
    // The scope must see this very result: a check reads the step's own outputs.
    this.settle(result);
    const own = this.step.check.filter((check) => this.isPerHost(check.holds));
    const why = unmet(own, scopeOf(this.walk, this.frame, result.host));
    return why === undefined ? result : { ...result, outcome: 'failed', reason: why };
  }
}

/** A host's outputs as values; `stored`: the texts of those that are too large for history. */
export function outputsOf(
  walk: Ground,
  unit: Unit,
  result: HostResult,
  stored: ReadonlyMap<Digest, string>,
): ValueMap {
  const small = decodeMap(result.outputs ?? {}, (name) => hostIn(walk, unit, name as HostName));
  const values: { [name: string]: Value } = { ...small };
  for (const [name, { sha256 }] of Object.entries(result.stored ?? {})) {
    const value = parseExactJson(stored.get(sha256) ?? 'null');
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/**
 * Whether anything may have happened on the host. A command that has ended has an exit status, a request that was sent a
 * status; a copy has neither, and may have put some of its files there.
 */
function wasBegun(step: HostStep, { outcome, rc }: HostResult): boolean {
  switch (outcome) {
    case 'succeeded':
    case 'unknown':
      return true;
    case 'failed':
    case 'timed_out':
    case 'cancelled':
      return rc !== undefined || step.kind === 'copy';
    case 'unchanged':
    case 'skipped':
    case 'unreachable':
    case 'rolled_back':
      return false;
  }
}
