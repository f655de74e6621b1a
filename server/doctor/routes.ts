import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { DEFAULT_ZONE, zoneQueue } from '../../workflows/queues.ts';
import { DoctorAnswer, Health } from '../api/doctor.ts';
import { problems } from '../api/problem.ts';
import type { Engine } from '../engine/engine.ts';
import type { Doctor } from './doctor.ts';

/** How the installation is. The first two are open to whoever asks, and say nothing that is not theirs to know. */
export function doctorRoutes(parts: {
  readonly doctor: Doctor;
  readonly engine: Engine;
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/healthz',
      schema: {
        operationId: 'health',
        summary: 'The server lives',
        tags: ['health'],
        response: { 200: Health },
      },
      handler: async () => ({ ok: true, says: 'the server answers' }),
    });

    app.route({
      method: 'GET',
      url: '/readyz',
      schema: {
        operationId: 'ready',
        summary: 'A run could start',
        tags: ['health'],
        response: { 200: Health, 503: Health },
      },
      async handler(_request, reply) {
        const pollers = await parts.engine
          .pollers(zoneQueue(DEFAULT_ZONE), 'workflow')
          .catch(() => undefined);
        if (pollers === undefined)
          return reply.code(503).send({ ok: false, says: 'Temporal does not answer' });
        if (pollers === 0) return reply.code(503).send({ ok: false, says: 'no worker polls for work' });
        return reply.code(200).send({ ok: true, says: 'a run could start' });
      },
    });

    app.route({
      method: 'GET',
      url: '/api/doctor',
      schema: {
        operationId: 'doctor',
        summary: 'Look at every part that a run depends on',
        tags: ['health'],
        response: { 200: DoctorAnswer, ...problems },
      },
      async handler() {
        const checks = await parts.doctor();
        return { ok: checks.every((check) => check.level !== 'error'), checks };
      },
    });
  };
}
