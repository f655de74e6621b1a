import { describe, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { OperatorAction } from '../../plan/operator.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { EventData, EventKind } from '../events.ts';
import type { ActionOf, DATA, ResultOf } from './entry.ts';

type KeysOf<T> = T extends unknown ? keyof T : never;
type Forgotten<Known, Form extends z.ZodType> = Exclude<KeysOf<Known>, KeysOf<z.output<Form>>>;

/** The compiler is what runs these: a form that lacks an optional field would compile, and refuse entries that have it. */
describe('the form of entries from other machines', () => {
  test('has every field of every kind', () => {
    type OfData = { [K in EventKind]: Forgotten<EventData[K], (typeof DATA)[K]> };
    expectTypeOf<Exclude<OfData[EventKind], string>>().toBeNever();
    expectTypeOf<OfData[Exclude<EventKind, 'run.resumed'>]>().toBeNever();
  });

  test('has every field of a result and of what a person asks', () => {
    expectTypeOf<Forgotten<HostResult, typeof ResultOf>>().toBeNever();
    expectTypeOf<Forgotten<OperatorAction, typeof ActionOf>>().toBeNever();
  });
});
