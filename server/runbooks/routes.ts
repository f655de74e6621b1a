import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nearestName } from '../../plan/expressions/nearest-name.ts';
import { problems } from '../api/problem.ts';
import { RunbookDetail, RunbookList } from '../api/runbooks.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunbookLibrary } from './library.ts';

/** The catalogue. */
export function runbookRoutes(library: RunbookLibrary): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/api/runbooks',
      schema: {
        operationId: 'runbooks',
        summary: 'The runbooks there are',
        tags: ['runbooks'],
        response: { 200: RunbookList, ...problems },
      },
      handler: async () => ({ runbooks: await library.list() }),
    });

    app.route({
      method: 'GET',
      url: '/api/runbooks/*',
      schema: {
        operationId: 'runbook',
        summary: 'One runbook with its inputs and its text; its name may have slashes',
        tags: ['runbooks'],
        params: z.object({ '*': z.string() }),
        response: { 200: RunbookDetail, ...problems },
      },
      async handler(request) {
        const name = request.params['*'];
        const detail = await library.detail(name);
        if (detail) return detail;
        throw noSuchRunbook(name, await library.list());
      },
    });
  };
}

export function noSuchRunbook(name: string, all: readonly { readonly name: string }[]): RequestError {
  const names = all.map((runbook) => runbook.name);
  const nearest = nearestName(name, names) ?? names.find((one) => one.endsWith(`/${name}`));
  const own =
    'One of your own goes to `runbooks` in the data folder, or to a folder named with `holdfast up --runbooks`.';
  return new RequestError(
    404,
    'runbook/unknown',
    `There is no runbook ${name}.`,
    nearest !== undefined
      ? `Did you mean ${nearest}? ${own}`
      : names.length > 0
        ? `There are ${names.slice(0, 20).join(', ')}. ${own}`
        : `None were found. ${own}`,
  );
}
