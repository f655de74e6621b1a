import type { Path, Source, Tree } from '../language/yaml/source.ts';
import type { Complaints } from '../plan/complaints.ts';
import { nearestName } from '../plan/expressions/nearest-name.ts';
import { type HostName, hostName, stepInstance } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { OperatorAction } from '../plan/operator.ts';
import type { Position } from '../plan/plan.ts';
import { isAt, knownPlace, type Places } from './places.ts';
import { givenAt, isTreeList, isTreeMap, type TreeMap } from './trees.ts';

const WORDS = ['approve', 'reject', 'confirm', 'retry', 'skip', 'resolve', 'abort', 'expire'] as const;
type Word = (typeof WORDS)[number];
const KEYS = ['by', 'reason', 'hosts', 'host', 'outputs', 'as', 'rollback', 'refused'];

/** What a person says where the run stands at a step. */
export type PersonAnswer = {
  readonly word: Word;
  readonly by?: string;
  readonly reason: string;
  readonly hosts?: readonly string[];
  readonly outputs?: { readonly [name: string]: Json };
  readonly as: 'succeeded' | 'failed' | 'run_again';
  readonly rollback: boolean;
  /** The run has to refuse it, with this in its words. */
  readonly refused?: string;
  readonly at: Position;
};

export type Answers = {
  /** In the order in which they are given at that step. */
  readonly at: (instance: string) => readonly PersonAnswer[];
  /** Steps that the case itself answers: it has to come to them. */
  readonly own: readonly { readonly step: string; readonly at: Position }[];
};

export type AnswersToRead = {
  readonly source: Source;
  /** The file's answers, and then the case's, which go before them. */
  readonly layers: readonly { readonly path: Path; readonly tree: TreeMap; readonly own: boolean }[];
  readonly places: Places;
  readonly complaints: Complaints;
};

type Said = { readonly step: string; readonly answers: readonly PersonAnswer[] };

/** Reads what people answer, by step: a word, a mapping with the word and more, or a list of these, given one after the other. */
export function readAnswers(toRead: AnswersToRead): Answers {
  const { source, layers, places, complaints } = toRead;
  const all: Said[] = [];
  const own: { step: string; at: Position }[] = [];
  for (const layer of layers) {
    for (const [step, value] of Object.entries(layer.tree)) {
      const path = [...layer.path, step];
      if (!knownPlace(places, step, source.keyAt(path), complaints)) continue;
      if (layer.own) own.push({ step, at: source.keyAt(path) });
      const each = isTreeList(value)
        ? value.map((item, i) => readAnswer(toRead, [...path, i], item))
        : [readAnswer(toRead, path, value)];
      all.push({ step, answers: each.flatMap((answer) => answer ?? []) });
    }
  }
  return { own, at: (instance) => all.findLast(({ step }) => isAt(instance, step))?.answers ?? [] };
}

function readAnswer(
  { source, complaints }: AnswersToRead,
  path: Path,
  tree: Tree,
): readonly PersonAnswer[] | undefined {
  const wrong = (at: Position, message: string, nearest?: string) => {
    const mend = `Write one of ${WORDS.join(', ')}, or { do: retry, hosts: [HOST], by: NAME, reason: WHY }.`;
    complaints.error(at, { code: 'test/answer', message, mend, nearest });
    return undefined;
  };
  const said = isTreeMap(tree) ? tree : { do: tree };
  const word = WORDS.find((one) => one === said.do);
  if (word === undefined)
    return wrong(
      source.at(path),
      `${String(said.do ?? 'This')} is no answer.`,
      nearestName(String(said.do), WORDS),
    );
  const strange = Object.keys(said).find((key) => key !== 'do' && !KEYS.includes(key));
  if (strange !== undefined)
    return wrong(
      source.keyAt([...path, strange]),
      `An answer has no ${strange}.`,
      nearestName(strange, KEYS),
    );
  const { as = 'succeeded', outputs } = said;
  if (as !== 'succeeded' && as !== 'failed' && as !== 'run_again')
    return wrong(source.at([...path, 'as']), 'as is succeeded, failed or run_again.');
  const hosts = [said.hosts, said.host].flatMap((tree) =>
    isTreeList(tree ?? null) ? (tree as readonly Tree[]) : (tree ?? []),
  );
  const answer: PersonAnswer = {
    word,
    as,
    at: source.at(path),
    reason: typeof said.reason === 'string' ? said.reason : 'said by the test',
    rollback: said.rollback === 'true',
    ...(typeof said.by === 'string' ? { by: said.by } : {}),
    ...(hosts.length > 0 ? { hosts: hosts.map(String) } : {}),
    ...(typeof said.refused === 'string' ? { refused: said.refused } : {}),
    ...(isTreeMap(outputs)
      ? {
          outputs: Object.fromEntries(
            Object.entries(outputs).map(([name, value]) => [
              name,
              givenAt(source, [...path, 'outputs', name], value),
            ]),
          ),
        }
      : {}),
  };
  // What happened on a host is said host by host.
  return word === 'resolve' && hosts.length > 1
    ? hosts.map((host) => ({ ...answer, hosts: [String(host)] }))
    : [answer];
}

/** As it reaches the run; `held` is for whom it is held there. Undefined where nobody is to answer. */
export function actionOf(
  answer: PersonAnswer,
  at: string,
  held: readonly HostName[],
): OperatorAction | undefined {
  const step = stepInstance(at);
  const hosts = answer.hosts?.map(hostName);
  const outputs = answer.outputs ? { outputs: answer.outputs } : {};
  switch (answer.word) {
    case 'approve':
    case 'reject':
    case 'confirm':
      return { kind: answer.word, step };
    case 'retry':
      return { kind: 'retry', step, ...(hosts ? { hosts } : {}) };
    case 'skip':
      return { kind: 'skip', step, ...(hosts ? { hosts } : {}), ...outputs };
    case 'resolve':
      return {
        kind: 'resolve',
        step,
        host: hosts?.[0] ?? held[0] ?? hostName(''),
        as: answer.as,
        ...outputs,
      };
    case 'abort':
      return { kind: 'abort', rollback: answer.rollback };
    case 'expire':
      return undefined;
  }
}
