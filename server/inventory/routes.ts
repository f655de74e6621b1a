import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { InventoryCheckAnswer, InventoryCheckRequest, InventoryView } from '../api/inventory.ts';
import { problems } from '../api/problem.ts';
import { answerTelling } from '../telling.ts';
import type { InventoryService } from './service.ts';

/** The hosts there are, and how they are. */
export function inventoryRoutes(inventory: InventoryService): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/api/inventory',
      schema: {
        operationId: 'inventory',
        summary: 'Hosts and groups as the inventory files have them now',
        tags: ['inventory'],
        response: { 200: InventoryView, ...problems },
      },
      async handler() {
        const { hosts, groups, origin } = await inventory.load();
        return {
          hosts: hosts.map(({ name, address, port, user, zone, home, groups, vars }) => ({
            name,
            address,
            port,
            user,
            zone,
            ...(home === undefined ? {} : { home }),
            groups: [...groups],
            vars,
          })),
          groups: Object.fromEntries([...groups].map(([name, members]) => [name, [...members]])),
          sources: [...origin.files],
          warnings: [...origin.warnings],
          unread: Object.fromEntries(origin.unread),
        };
      },
    });

    app.route({
      method: 'POST',
      url: '/api/inventory/check',
      sse: 'dual',
      schema: {
        operationId: 'checkInventory',
        summary:
          'Connect to every host and look at what a run there depends on; with `Accept: text/event-stream` it comes as the event `checked`, after `progress` for each host',
        tags: ['inventory'],
        body: InventoryCheckRequest,
        response: { 200: InventoryCheckAnswer, ...problems },
      },
      handler: (request, reply) =>
        answerTelling(request, reply, 'checked', async (asking) => ({
          hosts: await inventory.check(request.body.limit, asking),
        })),
    });
  };
}
