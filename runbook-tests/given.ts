import type { Path, Source, Tree } from '../language/yaml/source.ts';
import { parseExactJson } from '../plan/expressions/exact-json.ts';
import { fillSecrets } from '../plan/expressions/text.ts';
import type { Json } from '../plan/json.ts';
import type { Launch } from '../workflows/mock-port.ts';
import type { Failure } from './expectations.ts';
import { matches, textOf } from './matches.ts';
import type { Told } from './told.ts';
import { isTreeMap, type TreeMap } from './trees.ts';

/**
 * What steps got: of a script its environment, of a request its method, URL, headers and body, of a copy from where and to
 * where. For every host alike, or by host; the last launch on a host counts.
 */
export function givenFailures(
  source: Source,
  path: Path,
  expected: { readonly [step: string]: Tree },
  told: Told,
): readonly Failure[] {
  return Object.entries(expected).flatMap(([step, tree]): readonly Failure[] => {
    const here = [...path, step];
    if (!isTreeMap(tree))
      return [{ at: source.at(here), says: `given.${step} has to be a mapping of what it gets` }];
    const launches = new Map(told.launchesAt(step).map((launch) => [String(launch.task.host), launch]));
    if (launches.size === 0) return [{ at: source.keyAt(here), says: `${step} was never launched` }];
    const all = Object.entries(tree).filter(([key]) => !launches.has(key));
    const ofAll = [...launches].flatMap(([host, launch]) =>
      differences(source, here, Object.fromEntries(all), launch, `${step} on ${host}`),
    );
    const ofHosts = [...launches].flatMap(([host, launch]) => {
      const wanted = tree[host];
      return isTreeMap(wanted)
        ? differences(source, [...here, host], wanted, launch, `${step} on ${host}`)
        : [];
    });
    return [...ofAll, ...ofHosts];
  });
}

function differences(
  source: Source,
  path: Path,
  wanted: TreeMap,
  launch: Launch,
  where: string,
): readonly Failure[] {
  const got = gotBy(launch);
  return Object.entries(wanted).flatMap(([name, tree]) =>
    matches(got[name], tree)
      ? []
      : [
          {
            at: source.at([...path, name]),
            says: `${where} got ${name} ${quoted(textOf(got[name]))}, and should get ${quoted(typeof tree === 'string' ? tree : JSON.stringify(tree))}`,
          },
        ],
  );
}

function gotBy({ request, task }: Launch): { readonly [name: string]: Json } {
  if (task.copy) return copied(task.copy);
  if (!task.request) return texts({ ...request.env, ...task.env });
  const { method, url, headers, body } = task.request;
  const json = body && 'json' in body ? parseExactJson(body.json) : undefined;
  return {
    method,
    url: named(url),
    headers: texts(headers),
    ...(json === undefined ? {} : { json: JSON.parse(JSON.stringify(json, exact)) as Json }),
    ...(body && 'form' in body ? { form: texts(body.form) } : {}),
    ...(body && 'text' in body ? { body: named(body.text) } : {}),
  };
}

/** A secret is known by where it is found, never by what it is. */
function named(text: string): string {
  return fillSecrets(text, (secret) => `secret:${secret}`);
}

function texts(all: { readonly [name: string]: string }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [name, named(text)]));
}

function copied({ to, owner, from }: NonNullable<Launch['task']['copy']>): { readonly [name: string]: Json } {
  return {
    to,
    ...(owner === undefined ? {} : { owner }),
    ...(from === undefined ? {} : { from: { host: from.host, path: from.path } }),
  };
}

function exact(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function quoted(text: string): string {
  return text === 'not there' ? 'nothing' : `"${text}"`;
}
