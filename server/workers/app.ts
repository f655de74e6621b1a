import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { WorkerLedger } from '../../ledger/ledger.ts';
import { requireToken } from '../identity/token.ts';
import { installProblems } from '../problem/problem.ts';
import { workerRoutes } from './routes.ts';

/** A call of appends is at most 4 MiB by itself; a round over a thousand hosts with large outputs may be one call alone. */
const BODY_BYTES = 64 * 1024 * 1024;

export type WorkersApp = {
  readonly ledger: WorkerLedger;
  readonly token: string;
  readonly log?: FastifyBaseLogger;
  /** PEM texts: then it speaks TLS only. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/**
 * What workers on other machines may ask, and nothing else: an app of its own, with a token and an address of its own, so
 * that neither opens what people may do, and the owner's token opens nothing here.
 */
export async function buildWorkersApp({ ledger, token, log, tls }: WorkersApp): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(log ? { loggerInstance: log } : {}),
    ...(tls ? { https: tls } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
  });
  installProblems(app);
  requireToken(app, token, "the file `worker-token` in the server's data folder");
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.get('/healthz', () => ({ ok: true, says: 'the server answers' }));
  await app.register(workerRoutes(ledger));
  await app.ready();
  return app;
}
