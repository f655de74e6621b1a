import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { EntryView, LockList } from '../api/ledger.ts';
import { problems } from '../api/problem.ts';
import { GateList, RunAccepted, RunList, RunQuery, RunRequest, RunView } from '../api/runs.ts';
import { RunIdText, RunStatusText } from '../api/values.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunEvents } from './events.ts';
import type { LockRecords } from './locks.ts';
import type { RunRecords } from './records.ts';
import type { RunService } from './service.ts';

/** Starting, listing, showing and following runs. */
export function runRoutes(parts: {
  readonly runs: RunService;
  readonly records: RunRecords;
  readonly locks: LockRecords;
  readonly events: RunEvents;
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/api/runs',
      schema: {
        operationId: 'startRun',
        summary: 'Start what a plan says, or make the plan first',
        tags: ['runs'],
        headers: z.object({ 'idempotency-key': z.string().max(200).optional() }),
        body: RunRequest,
        response: { 202: RunAccepted, ...problems },
      },
      async handler(request, reply) {
        const accepted = await parts.runs.start(request.body, request.headers['idempotency-key']);
        return reply.code(202).header('location', accepted.link).send(accepted);
      },
    });

    app.route({
      method: 'GET',
      url: '/api/runs',
      schema: {
        operationId: 'runs',
        summary: 'Runs, newest first',
        tags: ['runs'],
        querystring: RunQuery,
        response: { 200: RunList, ...problems },
      },
      async handler(request) {
        const { status, since, limit } = request.query;
        const filter = {
          limit,
          ...(status === undefined ? {} : { status: statuses(status) }),
          ...(since === undefined ? {} : { since }),
        };
        return { runs: await parts.records.list(filter) };
      },
    });

    app.route({
      method: 'GET',
      url: '/api/runs/:run',
      schema: {
        operationId: 'run',
        summary: 'One run with everything',
        tags: ['runs'],
        params: z.object({ run: RunIdText }),
        response: { 200: RunView, ...problems },
      },
      handler: async (request) => parts.records.view(await parts.records.resolve(request.params.run)),
    });

    app.route({
      method: 'GET',
      url: '/api/runs/:run/events',
      sse: 'only',
      schema: {
        operationId: 'runEvents',
        summary:
          'Entries of a run as server-sent events, resumable by Last-Event-ID; `end` when the run has ended',
        tags: ['runs'],
        produces: ['text/event-stream'],
        params: z.object({ run: RunIdText }),
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0) }),
        response: { 200: EntryView, ...problems },
      },
      async handler(request, reply) {
        const run = await parts.records.resolve(request.params.run);
        const last = Number(reply.sse.lastEventId ?? request.query.after);
        const gone = new AbortController();
        reply.sse.onClose(() => gone.abort());
        reply.sse.sendHeaders();
        await reply.sse.send(parts.events(run, Number.isSafeInteger(last) ? last : 0, gone.signal));
      },
    });

    app.route({
      method: 'GET',
      url: '/api/gates',
      schema: {
        operationId: 'gates',
        summary: 'Open gates of all runs',
        tags: ['runs'],
        response: { 200: GateList, ...problems },
      },
      handler: async () => ({ gates: await parts.records.gates() }),
    });

    app.route({
      method: 'GET',
      url: '/api/locks',
      schema: {
        operationId: 'locks',
        summary: 'Who holds which lock',
        tags: ['runs'],
        response: { 200: LockList, ...problems },
      },
      handler: async () => ({ locks: await parts.locks() }),
    });
  };
}

function statuses(text: string) {
  return text.split(',').map((word) => {
    const status = RunStatusText.safeParse(word.trim());
    if (status.success) return status.data;
    throw new RequestError(
      400,
      'request/invalid',
      `"${word.trim()}" is no status of a run.`,
      `They are ${RunStatusText.options.join(', ')}.`,
    );
  });
}
