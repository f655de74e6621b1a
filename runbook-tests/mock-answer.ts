import type { Path, Source, Tree } from '../language/yaml/source.ts';
import type { Complaints } from '../plan/complaints.ts';
import { convert } from '../plan/expressions/conversion.ts';
import type { HostFinder } from '../plan/expressions/encoding.ts';
import { didYouMean, nearestName } from '../plan/expressions/nearest-name.ts';
import type { Json } from '../plan/json.ts';
import type { Place } from './places.ts';
import { givenAt, isTreeMap, jsonAt, type TreeMap } from './trees.ts';

const OUTCOMES = ['succeeded', 'unchanged', 'failed', 'timed_out', 'unreachable', 'unknown'] as const;
export type MockOutcome = (typeof OUTCOMES)[number];

/** What a mocked server answers. */
export type MockedHttp = {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly json?: Json;
};

/** What a step does on a host, once, as a test says it. What is left out is as good as it can be. */
export type MockAnswer = MockedHttp & {
  readonly outcome?: MockOutcome;
  readonly rc?: number;
  /** Its last line is the reason, as in a run. */
  readonly reason?: string;
  /** Of an unknown: whether processes of it are left. */
  readonly alive?: boolean;
  /** What the step's `done` says where it is asked for an unknown; of `http` its answers, before and after. */
  readonly done?: boolean | readonly MockedHttp[];
  readonly outputs: { readonly [name: string]: Json };
};

const HTTP_KEYS = ['status', 'headers', 'body', 'json'] as const;
const KEYS = ['outcome', 'reason', 'alive', 'done', 'outputs'] as const;

/** Where a mock is read, and for which step. */
export type MockPlace = {
  readonly source: Source;
  readonly place: Place;
  readonly findHost: HostFinder;
  readonly complaints: Complaints;
};

/** Reads one answer: the word of an outcome, or a mapping of what is known of it and of the step's outputs. */
export function readAnswer(about: MockPlace, path: Path, tree: Tree): MockAnswer | undefined {
  const { source, place, complaints } = about;
  if (tree === null) return { outputs: {} };
  if (typeof tree === 'string') {
    const outcome = readOutcome(about, path, tree);
    return outcome && { outcome, outputs: {} };
  }
  if (!isTreeMap(tree)) {
    complaints.error(source.at(path), {
      code: 'mock/wrong-value',
      message: `This is no answer of ${place.path}.`,
      mend: 'Write the word of an outcome, as failed, or a mapping of its outputs.',
    });
    return undefined;
  }
  const { outcome, outputs, alive, done } = tree;
  const said = typeof outcome === 'string' ? readOutcome(about, [...path, 'outcome'], outcome) : undefined;
  const isHttp = place.step.kind === 'http';
  const rc = isHttp ? undefined : numberAt(about, path, tree, 'rc');
  const reason = typeof tree.reason === 'string' ? tree.reason : isHttp ? undefined : tree.stderr;
  return {
    ...(said ? { outcome: said } : {}),
    ...(rc === undefined ? {} : { rc }),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(alive === undefined ? {} : { alive: alive === 'true' }),
    ...(done === undefined ? {} : { done: readDone(about, [...path, 'done'], done) }),
    ...(isHttp ? readHttp(about, path, tree) : {}),
    outputs: {
      ...readOutputs(about, path, ownOutputs(about, tree)),
      ...(isTreeMap(outputs) ? readOutputs(about, [...path, 'outputs'], outputs) : {}),
    },
  };
}

/** The keys of an answer that are no outputs. */
export function answerKeys(place: Place): readonly string[] {
  return place.step.kind === 'http' ? [...KEYS, ...HTTP_KEYS] : [...KEYS, 'rc', 'stderr'];
}

function ownOutputs({ place }: MockPlace, tree: TreeMap): TreeMap {
  const keys = answerKeys(place);
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));
}

function readOutcome({ source, complaints }: MockPlace, path: Path, word: string): MockOutcome | undefined {
  const known = OUTCOMES.find((outcome) => outcome === word);
  if (known === undefined)
    complaints.error(source.at(path), {
      code: 'mock/outcome',
      message: `${word} is no outcome.`,
      mend: `Outcomes are ${OUTCOMES.join(', ')}.`,
      nearest: nearestName(word, OUTCOMES),
    });
  return known;
}

/** Outputs of the step, as their types want them. */
function readOutputs(about: MockPlace, path: Path, tree: TreeMap): { readonly [name: string]: Json } {
  const { source, place, findHost, complaints } = about;
  const { step } = place;
  const specs = 'outputs' in step ? step.outputs : {};
  return Object.fromEntries(
    Object.entries(tree).flatMap(([name, value]): readonly [string, Json][] => {
      const here = [...path, name];
      const spec = specs[name];
      if (spec === undefined) {
        const known = Object.keys(specs);
        complaints.error(source.keyAt(here), {
          code: 'mock/unknown-output',
          message: `${place.path} has no output ${name}, and ${name} is no host here.`,
          mend:
            didYouMean(name, known) ?? `It has none. An answer may also say ${answerKeys(place).join(', ')}.`,
          nearest: nearestName(name, known),
        });
        return [];
      }
      const given = givenAt(source, here, value);
      const converted = convert(spec.type, given, findHost);
      if (converted.ok) return [[name, given]];
      complaints.error(source.at(here), {
        code: 'mock/output-type',
        message: `${place.path}.${name}: ${converted.message}`,
        mend: 'Give a value of its declared type.',
      });
      return [];
    }),
  );
}

function readDone(about: MockPlace, path: Path, tree: Tree): boolean | readonly MockedHttp[] {
  if (tree === 'true' || tree === 'false') return tree === 'true';
  const list = Array.isArray(tree) ? (tree as readonly Tree[]) : [tree];
  return list.map((item, i) => {
    const here = Array.isArray(tree) ? [...path, i] : path;
    if (isTreeMap(item) && about.place.step.kind === 'http') return readHttp(about, here, item);
    about.complaints.error(about.source.at(here), {
      code: 'mock/wrong-value',
      message: 'done is true or false; of http also an answer, or a list of them: before, and after.',
      mend: 'Write done: true, or done: { json: … }.',
    });
    return {};
  });
}

function readHttp(about: MockPlace, path: Path, tree: TreeMap): MockedHttp {
  const { headers, body, json } = tree;
  const status = numberAt(about, path, tree, 'status');
  const names = isTreeMap(headers) ? Object.entries(headers) : [];
  return {
    ...(status === undefined ? {} : { status }),
    ...(names.length === 0 ? {} : { headers: Object.fromEntries(names.map(([k, v]) => [k, String(v)])) }),
    ...(typeof body === 'string' ? { body } : {}),
    ...(json === undefined ? {} : { json: jsonAt(about.source, [...path, 'json'], json) }),
  };
}

function numberAt(
  { source, complaints }: MockPlace,
  path: Path,
  tree: TreeMap,
  key: string,
): number | undefined {
  const value = tree[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,3}$/.test(value)) return Number(value);
  complaints.error(source.at([...path, key]), {
    code: 'mock/wrong-value',
    message: `${key} has to be a number, as 1.`,
    mend: `Correct ${key}.`,
  });
  return undefined;
}
