import { fastifySSE } from '@fastify/sse';
import fastifySwagger from '@fastify/swagger';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { RELEASE } from '../plan/release.ts';
import { doctorRoutes } from './doctor/routes.ts';
import { requireToken } from './identity/token.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import { logRoutes } from './logs/routes.ts';
import { operatorRoutes } from './operator/routes.ts';
import type { Parts } from './parts.ts';
import { planRoutes } from './plans/routes.ts';
import { installProblems } from './problem/problem.ts';
import { recordRoutes } from './records/routes.ts';
import { runbookRoutes } from './runbooks/routes.ts';
import { runRoutes } from './runs/routes.ts';

const BODY_BYTES = 1024 * 1024;
/** Who follows takes a stream for broken after three without one (`cli/client/events.ts`). */
const SIGN_OF_LIFE_MS = 5_000;

/** The HTTP side: each feature's routes over the parts it needs. */
export async function buildApp(parts: Parts, log?: FastifyBaseLogger): Promise<FastifyInstance> {
  const app = fastify({
    ...(log ? { loggerInstance: log } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    // Followers of events would keep the server from closing.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installProblems(app);
  requireToken(app, parts.token, 'the file `token` in the data folder');
  await app.register(fastifySSE, { heartbeatInterval: SIGN_OF_LIFE_MS });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version: RELEASE,
        description: 'Runs operations runbooks, once, with a record.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  await app.register(doctorRoutes(parts));
  await app.register(runbookRoutes(parts.library));
  await app.register(inventoryRoutes(parts.inventory));
  await app.register(planRoutes(parts.plans));
  await app.register(runRoutes(parts));
  await app.register(logRoutes(parts));
  await app.register(operatorRoutes(parts));
  await app.register(recordRoutes(parts.ledger));
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());

  await app.ready();
  return app;
}
