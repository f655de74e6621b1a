import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { HoldfastError } from '../../plan/errors.ts';
import type { Complaint, Problem } from '../api/problem.ts';
import { RequestError } from './requestError.ts';

/** Every error leaves as a problem document (RFC 9457); what nobody foresaw is logged whole and told in one sentence. */
export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .serializer(JSON.stringify)
      .send(problem);
  });
  app.setNotFoundHandler((request) => {
    throw new RequestError(
      404,
      'request/unknown-path',
      `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
      'See /api/openapi.json for what there is.',
    );
  });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof RequestError) return problem(error.status, error, error.complaints);
  if (hasZodFastifySchemaValidationErrors(error))
    return invalidRequest(error.validation, error.validationContext);
  if (error instanceof HoldfastError) return problem(statusOf(error.code), error);
  if (isResponseSerializationError(error)) {
    return problem(500, {
      code: 'server/answer',
      message: `The answer does not fit its schema: ${error.cause.issues[0]?.message ?? 'no issue named'} at ${error.cause.issues[0]?.path.join('.') ?? ''}.`,
      mend: 'This is a bug: please report it with the server log.',
    });
  }
  const status = statusIn(error);
  if (status !== undefined && status < 500) {
    return problem(status, {
      code: 'request/invalid',
      message: error instanceof Error ? error.message : String(error),
      mend: 'See /api/openapi.json for what a request looks like.',
    });
  }
  return problem(500, {
    code: 'server/unexpected',
    message: `The server failed: ${error instanceof Error ? error.message : String(error)}`,
    mend: 'See server.log in the data folder, and `holdfast doctor`.',
  });
}

type Said = { readonly code: string; readonly message: string; readonly mend: string };

function problem(status: number, said: Said, complaints: readonly Complaint[] = []): Problem {
  return {
    type: `urn:holdfast:problem:${said.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: said.message,
    code: said.code,
    mend: said.mend,
    ...(complaints.length > 0 ? { complaints: [...complaints] } : {}),
  };
}

function invalidRequest(
  issues: readonly { readonly instancePath: string; readonly message?: string }[],
  context: string | undefined,
): Problem {
  const where = context === 'querystring' ? 'query' : (context ?? 'request');
  const complaints = issues.map((issue) => {
    const name = issue.instancePath.replace(/^\//, '').replaceAll('/', '.');
    return { message: `${name === '' ? where : name}: ${issue.message ?? 'not valid'}` };
  });
  return problem(
    400,
    {
      code: 'request/invalid',
      message: `The ${where} is not valid: ${complaints.map(({ message }) => message).join('; ')}.`,
      mend: 'See /api/openapi.json for what a request looks like.',
    },
    complaints,
  );
}

/** What a part says about its input is the caller's to mend; anything else is ours. */
function statusOf(code: string): number {
  const part = code.split('/')[0];
  if (part === 'language' || part === 'inventory' || part === 'plan' || part === 'input') return 422;
  if (part === 'engine') return 503;
  return 500;
}

function statusIn(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
