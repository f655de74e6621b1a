import type { CheckProgress, InventoryCheckAnswer } from '../../server/api/inventory.ts';
import type { Io } from '../io.ts';
import { duration } from '../view/text.ts';
import type { Api } from './api.ts';
import { told } from './told.ts';

/** Has the hosts of a pattern looked at, all of them where there is none. */
export function checked(api: Api, io: Io, pattern: string | undefined): Promise<InventoryCheckAnswer> {
  return told<InventoryCheckAnswer, CheckProgress>(api, io, {
    path: '/api/inventory/check',
    request: pattern === undefined ? {} : { limit: pattern },
    event: 'checked',
    doing: 'looking at hosts …',
    far(last, ms) {
      const done = last === undefined ? '' : ` ${last.checked} of ${last.of};`;
      return `looking at hosts …${done} ${duration(ms)}`;
    },
    interrupted: {
      message: 'No more hosts are looked at.',
      mend: 'Some of them only: holdfast inventory check PATTERN',
    },
  });
}
