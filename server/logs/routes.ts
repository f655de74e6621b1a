import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LogList, LogPiece, LogQuery } from '../api/logs.ts';
import { problems } from '../api/problem.ts';
import { RunIdText } from '../api/values.ts';
import type { RunRecords } from '../runs/records.ts';
import type { LogService } from './service.ts';

/** Output of commands. */
export function logRoutes(parts: {
  readonly logs: LogService;
  readonly records: RunRecords;
  readonly closing: AbortSignal;
}): FastifyPluginAsyncZod {
  const params = z.object({ run: RunIdText });
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/api/runs/:run/logs',
      schema: {
        operationId: 'logs',
        summary: 'Which commands of a run have said something',
        tags: ['logs'],
        params,
        response: { 200: LogList, ...problems },
      },
      handler: async (request) => ({
        logs: await parts.logs.list(await parts.records.resolve(request.params.run)),
      }),
    });

    app.route({
      method: 'GET',
      url: '/api/runs/:run/log',
      sse: 'dual',
      schema: {
        operationId: 'log',
        summary: 'What one command said, from an offset; as server-sent events until it has ended',
        tags: ['logs'],
        params,
        querystring: LogQuery,
        response: { 200: LogPiece, ...problems },
      },
      async handler(request, reply) {
        const run = await parts.records.resolve(request.params.run);
        const first = await parts.logs.piece(run, request.query);
        if (!reply.sse) return first;
        const gone = new AbortController();
        reply.sse.onClose(() => gone.abort());
        const last = Number(reply.sse.lastEventId ?? request.query.offset);
        const query = { ...request.query, offset: Number.isSafeInteger(last) ? last : request.query.offset };
        reply.sse.sendHeaders();
        await reply.sse.send(
          messages(parts.logs.follow(run, query, AbortSignal.any([gone.signal, parts.closing]))),
        );
        // Before it is returned: a reply that is waited for ends only with its stream.
        reply.sse.close();
        return reply;
      },
    });
  };
}

async function* messages(pieces: AsyncIterable<LogPiece>) {
  for await (const piece of pieces) yield { id: String(piece.next), event: 'log', data: piece };
}
