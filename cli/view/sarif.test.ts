import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { textLibrary } from '../../language/load/library.ts';
import { validate } from '../../language/validate.ts';
import { sarifLog } from './sarif.ts';

const home = dirname(createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json'));
// Its draft is an old one, of which it uses nothing that later ones read otherwise.
const {
  $schema: _,
  id: __,
  ...schema
} = JSON.parse(readFileSync(join(home, 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'));
const check = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

const library = textLibrary({
  'a b.yaml': `holdfast: 1
name: a b
inputs: { n: { type: int, default: 3 } }
steps:
  - { id: a, on: x, run: ls, efect: read }
  - { id: wipe, on: x, effect: destroy, run: rm }
`,
});

it('what is complained of is a SARIF log by its own schema, errors and warnings at their places', () => {
  const log = sarifLog(validate(library));
  check(log);
  expect(check.errors ?? []).toEqual([]);
  expect(log).toMatchObject({
    runs: [
      {
        results: expect.arrayContaining([
          expect.objectContaining({
            ruleId: 'step/unknown-key',
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'a%20b.yaml' },
                  region: { startLine: 5, startColumn: 30 },
                },
              },
            ],
          }),
        ]),
      },
    ],
  });
});

it('nothing to complain of is a log too', () => {
  check(sarifLog([]));
  expect(check.errors ?? []).toEqual([]);
});
