import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventKind } from '../../ledger/events.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { runId } from '../../plan/ids.ts';
import { EntryList, EntryQuery } from '../api/ledger.ts';
import { problems } from '../api/problem.ts';
import { entryView } from './present.ts';

/** The ledger's entries as they stand. */
export function recordRoutes(ledger: Ledger): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/api/ledger',
      schema: {
        operationId: 'entries',
        summary: 'Entries of the ledger in their order',
        tags: ['ledger'],
        querystring: EntryQuery,
        response: { 200: EntryList, ...problems },
      },
      async handler(request) {
        const { run, kinds, after, limit } = request.query;
        const entries = await ledger.read({
          after,
          limit,
          ...(run === undefined ? {} : { run: runId(run) }),
          // A kind that there is not finds nothing.
          ...(kinds === undefined ? {} : { kinds: kinds.split(',') as EventKind[] }),
        });
        return { entries: entries.map(entryView) };
      },
    });
  };
}
