import { formSchema, type JsonSchema } from '../language/reference/json-schema.ts';
import type { Words } from '../language/reference/words.ts';
import { caseSchema, testSchema } from './form.ts';

const SURROUNDINGS = {
  inventory:
    'The hosts: GROUP: [HOST, …], and HOST: { address: …, rack: … }. Left out: three for each group that the runbook names.',
  inputs: 'What is given to the runbook: name to value.',
  mock: 'What hosts and servers answer, by step: outputs, an outcome, { rc, stderr }, { status, json }; a list is gone through.',
  answers:
    'What people say, by step: approve, reject, confirm, retry, skip, resolve, abort, expire; or { do: approve, by: ann }.',
  on_failure: 'What a failed step does: hold (unless said) or fail.',
  identity:
    'one_owner (unless said) answers every gate; with shared, by and count and the exclusion of who asked bind.',
  requested_by: 'Who asked for the run.',
};

const WORDS: Words = {
  test: {
    about: 'Tests of a runbook.',
    keys: {
      test: 'The name of the runbook that is tested: etcd/rebuild.',
      docs: 'Text for readers.',
      ...SURROUNDINGS,
      cases: 'The cases, one at least.',
    },
  },
  case: {
    about: 'A case: surroundings, laid over those of the file, and how it ends.',
    keys: {
      name: 'What holds, in a sentence.',
      ...SURROUNDINGS,
      crash:
        'every_step, or steps: it is walked again from each entry of the record (of these steps), as if the worker had died there.',
      expect: 'How it ends; {} says that it succeeds.',
    },
  },
  'case.expect': {
    about: 'How a case ends. What is not said is not compared.',
    keys: {
      status: 'succeeded unless said; refused: no plan is made of these inputs.',
      at: 'The step at which it is held, or waits.',
      said: 'Words of some sentence: why it is held, why a host failed, what a gate asked.',
      never_said: 'Words of no sentence.',
      ran: 'Steps that happened.',
      never_ran: 'Steps that did not happen.',
      order: 'Steps in the order in which they began.',
      times: 'How often a step was launched, on all hosts together.',
      hosts: 'How a step ended: one outcome for all of its hosts, or HOST: OUTCOME, with “not begun”.',
      given:
        'What a step got: its environment; of a request method, url, headers, json, form, body; of a copy to, owner, from.',
      values: 'What set gave; the line of choose as choice.',
      outputs: 'The run’s outputs.',
    },
  },
};

/** The JSON Schema (draft 2020-12) of files of tests, for editors: made of the forms that they are read with. */
export function testJsonSchema(): JsonSchema {
  const file = formSchema(testSchema, ['test'], WORDS);
  const properties = file.properties as JsonSchema;
  const cases = properties.cases as JsonSchema;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tests of a Holdfast runbook',
    ...file,
    properties: { ...properties, cases: { ...cases, items: { $ref: '#/$defs/case' } } },
    $defs: { case: { description: WORDS.case?.about, ...formSchema(caseSchema, ['case'], WORDS) } },
  };
}

/** Its text in the repository, `schema/test.json`. */
export function testSchemaText(): string {
  return `${JSON.stringify(testJsonSchema(), undefined, 2)}\n`;
}
