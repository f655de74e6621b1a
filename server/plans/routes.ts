import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type PlanProgress, PlanRequest, PlanView } from '../api/plans.ts';
import { problems } from '../api/problem.ts';
import type { PlanService } from './service.ts';

/** What would happen. */
export function planRoutes(plans: PlanService): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/api/plans',
      sse: 'dual',
      schema: {
        operationId: 'plan',
        summary:
          'Compile a runbook with its inputs, and ask the hosts what can be known before; with `Accept: text/event-stream` it comes as the event `plan`, after `progress` for each answer',
        tags: ['plans'],
        body: PlanRequest,
        response: { 200: PlanView, ...problems },
      },
      async handler(request, reply) {
        const signal = whenGone(reply);
        const send = request.headers.accept?.includes('text/event-stream') ? progressTo(reply) : () => {};
        const plan = await plans.make(request.body, { signal, tell: send });
        if (!request.headers.accept?.includes('text/event-stream')) return plan;
        await reply.sse.send({ event: 'plan', data: plan });
        return reply;
      },
    });

    app.route({
      method: 'GET',
      url: '/api/plans/:digest',
      schema: {
        operationId: 'planMade',
        summary: 'A plan that was made before, without probes',
        tags: ['plans'],
        params: z.object({ digest: z.string() }),
        response: { 200: PlanView, ...problems },
      },
      handler: (request) => plans.view(request.params.digest),
    });
  };
}

/** Fires when whoever asked is no longer there: then hosts need not be asked any more. */
function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Headers go out with the first of it, so that what is wrong before is a problem document as ever. */
function progressTo(reply: FastifyReply): (progress: PlanProgress) => void {
  return (progress) => void reply.sse.send({ event: 'progress', data: progress }).catch(() => {});
}
