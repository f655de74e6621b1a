import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { hostName, stepInstance } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { Actor, OperatorAction } from '../../plan/operator.ts';
import { AskView, OperatorPending, OperatorTaken, operatorBodies } from '../api/operator.ts';
import { problems } from '../api/problem.ts';
import { RunIdText } from '../api/values.ts';
import type { RunRecords } from '../runs/records.ts';
import type { OperatorService } from './service.ts';

type Kind = OperatorAction['kind'];

const WORDS: { readonly [K in Kind]: string } = {
  approve: 'Say yes at a gate',
  reject: 'Say no at a gate, or that something can’t be done by hand',
  confirm: 'Say that something is done that had to be done by hand',
  pause: 'Start nothing new until it is resumed',
  resume: 'Go on after a pause; or from the ledger where the run is interrupted',
  retry: 'A held step again, on the hosts that failed or on those named',
  skip: 'Go on without a held step',
  resolve: 'Say how something ended that could not be known',
  abort: 'End the run; with `rollback` undo what has taken effect',
};

/** What a person may ask of a run, one route each. */
export function operatorRoutes(parts: {
  readonly operator: OperatorService;
  readonly records: RunRecords;
  readonly actor: Actor;
}): FastifyPluginAsyncZod {
  return async (app) => {
    for (const kind of Object.keys(operatorBodies) as Kind[]) {
      app.route({
        method: 'POST',
        url: `/api/runs/:run/${kind}`,
        schema: {
          operationId: kind,
          summary: WORDS[kind],
          tags: ['operate'],
          params: z.object({ run: RunIdText }),
          headers: z.object({ 'idempotency-key': z.string().max(200).optional() }),
          // An empty body is an empty object: `reason` may be left out where it may be left out.
          body: z.preprocess((body) => body ?? {}, operatorBodies[kind]),
          response: { 200: OperatorTaken, 202: OperatorPending, ...problems },
        },
        async handler(request, reply) {
          const run = await parts.records.resolve(request.params.run);
          const body = request.body;
          const operated = await parts.operator.operate(run, {
            action: actionOf(kind, body as Body),
            reason: body.reason,
            actor: parts.actor,
            ...(request.headers['idempotency-key']
              ? { idempotencyKey: request.headers['idempotency-key'] }
              : {}),
          });
          if (operated.kind === 'taken') {
            const { says, data } = operated.answer;
            return reply.code(200).send({ ask: operated.ask, says, ...(data === undefined ? {} : { data }) });
          }
          return reply.code(202).send({
            ask: operated.ask,
            says: 'recorded, not yet taken: it is handed over as soon as a worker serves the run',
            link: `/api/asks/${operated.ask}`,
            expires: operated.expires,
          });
        },
      });
    }

    app.route({
      method: 'GET',
      url: '/api/asks/:ask',
      schema: {
        operationId: 'ask',
        summary: 'What became of something that was asked',
        tags: ['operate'],
        params: z.object({ ask: z.string() }),
        response: { 200: AskView, ...problems },
      },
      handler: (request) => parts.operator.ask(request.params.ask),
    });
  };
}

type Body = {
  readonly step?: string | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly host?: string;
  readonly as?: 'succeeded' | 'failed' | 'run_again';
  readonly outputs?: JsonObject | undefined;
  readonly shown?: string | undefined;
  readonly rollback?: boolean;
};

function actionOf(kind: Kind, body: Body): OperatorAction {
  const step = body.step === undefined ? {} : { step: stepInstance(body.step) };
  const hosts = body.hosts === undefined ? {} : { hosts: body.hosts.map(hostName) };
  const outputs = body.outputs === undefined ? {} : { outputs: body.outputs };
  switch (kind) {
    case 'approve':
      return { kind, ...step, ...(body.shown === undefined ? {} : { shown: body.shown }) };
    case 'reject':
    case 'confirm':
      return { kind, ...step };
    case 'pause':
    case 'resume':
      return { kind };
    case 'retry':
      return { kind, ...step, ...hosts };
    case 'skip':
      return { kind, ...step, ...hosts, ...outputs };
    case 'resolve':
      return { kind, ...step, host: hostName(body.host ?? ''), as: body.as ?? 'failed', ...outputs };
    case 'abort':
      return { kind, rollback: body.rollback ?? false };
  }
}
