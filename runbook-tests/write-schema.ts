import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testSchemaText } from './schema.ts';

/** A part of `npm run reference`. */
await writeFile(join(import.meta.dirname, '../schema/test.json'), testSchemaText());
