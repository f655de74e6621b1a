import type { PlanProgress, PlanView } from '../../server/api/plans.ts';
import type { Io } from '../io.ts';
import { duration } from '../view/text.ts';
import type { Api } from './api.ts';
import { told } from './told.ts';

/** Has a plan made. After Ctrl-C hosts are asked no more, and nothing is left of it. */
export function planned(api: Api, io: Io, request: object): Promise<PlanView> {
  return told<PlanView, PlanProgress>(api, io, {
    path: '/api/plans',
    request,
    event: 'plan',
    doing: 'asking hosts …',
    far(last, ms) {
      const answers =
        last === undefined ? '' : ` ${last.answers} answers, the last of ${last.host} to ${last.step};`;
      return `asking hosts …${answers} ${duration(ms)}`;
    },
    interrupted: {
      message: 'Hosts are asked no more. Nothing was changed on them.',
      mend: 'Without asking them: holdfast plan NAME --offline',
    },
  });
}
