import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type PlanProgress, PlanRequest, PlanView } from '../api/plans.ts';
import { problems } from '../api/problem.ts';
import { answerTelling, type Telling } from '../telling.ts';
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
      handler: (request, reply) =>
        answerTelling(request, reply, 'plan', (asking: Telling<PlanProgress>) =>
          plans.make(request.body, asking),
        ),
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
