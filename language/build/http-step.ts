import { type CheckFields, DYN, INT, STRING } from '../../plan/expressions/check-types.ts';
import type { HttpDone, HttpRequest, HttpStep, Template } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import type { HttpForm, RequestForm } from '../schema/http.ts';
import type { Path } from '../yaml/source.ts';
import { readTree } from './body.ts';
import { type Built, ownKnown } from './built.ts';
import { readChecks, readCommon, withWhen } from './common.ts';
import { readOn, readOnHosts } from './host-step.ts';
import { DEFAULTS } from './limits.ts';
import { outputFields, readOutputs } from './outputs.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

/** What an answer is in expressions. Header names are in lower case. */
const ANSWER: CheckFields = {
  status: INT,
  body: STRING,
  json: DYN,
  headers: { kind: 'map', fields: {}, open: true, values: STRING, title: 'headers' },
};

const FINE = [200, 201, 202, 203, 204, 205, 206];

export function buildHttp(unit: UnitContext, place: StepPlace, id: string, form: HttpForm): Built {
  const { path } = place;
  const { complaints, source } = unit;
  const via = form.http.via === 'host';
  const common = readCommon(unit, place, id, form, via);
  const hosts = readOn(unit, place, form, via);
  const on = via ? hosts : { set: [], single: true };
  const inside = viewFrom(place, via, { conditions: withWhen(place, form) });
  const answered = { ...inside, extra: ANSWER };
  const outputs = readOutputs(
    unit,
    [...path, 'outputs'],
    form.outputs,
    { view: answered },
    form.sensitive === true,
  );
  const single = !via || on?.single === true || form.any === true;
  const known = ownKnown(unit, place, form, outputFields(place, outputs), single, via);
  const after = { ...inside, scope: place.scope.with(id, known), own: id };
  const request = readRequest(unit, [...path, 'http'], form.http, inside, answered);
  const done = readDone(unit, [...path, 'done'], form.done, inside, answered);
  const common2 = readOnHosts(unit, place, form, { retry: answered, rollback: after }, place.env);
  const check = readChecks(unit, [...path, 'check'], form.check, after);
  if (!via)
    for (const key of ['on', 'serial', 'max_failures', 'any', 'rollback'] as const)
      if (form[key] !== undefined)
        complaints.error(source.keyAt([...path, key]), {
          code: 'http/no-hosts',
          message: `This request is made once, by the worker: ${key} has no meaning.`,
          mend: 'Add via: host to make it through the SSH connection of each host, or remove the key.',
        });
  if (done !== undefined && (done.request.via === 'host') !== via)
    complaints.error(source.at([...path, 'done', 'http']), {
      code: 'http/done-via',
      message: 'The request of done has to be made from where the step makes its own.',
      mend: via ? 'Add via: host to it.' : 'Remove via: host from it.',
    });
  if (request === undefined || on === undefined) return { known };
  const step: HttpStep = {
    kind: 'http',
    ...common,
    check,
    on: on.set,
    ...common2,
    env: {},
    outputs,
    request,
    ...(done === undefined ? {} : { done }),
  };
  return { step, known };
}

function readRequest(
  unit: UnitContext,
  path: Path,
  form: RequestForm,
  view: Viewpoint,
  answered: Viewpoint,
): HttpRequest | undefined {
  const { source, expressions, complaints } = unit;
  // Headers and bodies are neither shown nor recorded; the URL is both.
  const hidden: Viewpoint = { ...view, secrets: 'in text' };
  const texts = (key: string, values: { readonly [name: string]: string } | undefined) =>
    Object.fromEntries(
      Object.entries(values ?? {}).flatMap(([name, text]): [string, Template][] => {
        const read = expressions.template({ source, path: [...path, key, name] }, text, hidden);
        return read === undefined ? [] : [[name, read.template]];
      }),
    );
  const url = expressions.template({ source, path: [...path, 'url'] }, form.url, view);
  const start = url?.template[0];
  if (typeof start === 'string' && !/^https?:\/\//.test(start))
    complaints.error(source.at([...path, 'url']), {
      code: 'http/url',
      message: 'A URL begins with http:// or https://.',
      mend: 'Write the whole URL.',
    });
  const bodies = (['json', 'form', 'body'] as const).filter((key) => form[key] !== undefined);
  if (bodies.length > 1)
    complaints.error(source.keyAt([...path, bodies[1] ?? 'body']), {
      code: 'http/two-bodies',
      message: `A request has one body, and here are ${bodies.join(' and ')}.`,
      mend: 'Keep one of them.',
    });
  const body = readBody(unit, path, form, hidden, texts);
  const headers = texts('headers', form.headers);
  const expected =
    form.expect?.body === undefined
      ? undefined
      : expressions.bare({ source, path: [...path, 'expect', 'body'] }, form.expect.body, answered, 'bool');
  if (url === undefined) return undefined;
  return {
    ...(form.via === undefined ? {} : { via: form.via }),
    method: form.method ?? (bodies.length > 0 ? 'POST' : 'GET'),
    url: url.template,
    headers,
    ...(body === undefined ? {} : { body }),
    expect: {
      status: form.expect?.status ?? FINE,
      ...(expected === undefined ? {} : { body: expected.expr }),
    },
  };
}

function readBody(
  unit: UnitContext,
  path: Path,
  form: RequestForm,
  view: Viewpoint,
  texts: (key: string, values: { readonly [name: string]: string }) => { readonly [name: string]: Template },
): HttpRequest['body'] | undefined {
  if (form.json !== undefined) {
    const json = readTree(unit, [...path, 'json'], form.json, { ...view, secrets: 'in value' });
    return json === undefined ? undefined : { json };
  }
  if (form.form !== undefined) return { form: texts('form', form.form) };
  if (form.body === undefined) return undefined;
  const read = unit.expressions.template({ source: unit.source, path: [...path, 'body'] }, form.body, view);
  return read === undefined ? undefined : { text: read.template };
}

function readDone(
  unit: UnitContext,
  path: Path,
  form: HttpForm['done'],
  view: Viewpoint,
  answered: Viewpoint,
): HttpDone | undefined {
  if (form === undefined) return undefined;
  const request = readRequest(unit, [...path, 'http'], form.http, view, answered);
  const holds = unit.expressions.bare(
    { source: unit.source, path: [...path, 'holds'] },
    form.holds,
    answered,
    'bool',
  );
  if (request === undefined || holds === undefined) return undefined;
  return {
    request,
    holds: holds.expr,
    everyMs: form.every ?? DEFAULTS.doneEveryMs,
    withinMs: form.within ?? DEFAULTS.doneWithinMs,
  };
}
