import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { RequestError } from '../problem/requestError.ts';
import { kept } from './kept.ts';

/**
 * A token: read from its file, made there (mode 0600, 256 random bits) where there is none. Whoever can read the owner's
 * is the owner; whoever can read the workers' may write the record.
 */
export function keptToken(file: string): Promise<string> {
  return kept(file, () => `hf_${randomBytes(32).toString('base64url')}`);
}

const OPEN = new Set(['/healthz', '/readyz']);

/**
 * Refuses every request that does not carry the token, but for the two that say whether the server is well. `where` the
 * token stands is told to who comes without.
 */
export function requireToken(app: FastifyInstance, token: string, where: string): void {
  const expected = digest(`Bearer ${token}`);
  app.addHook('onRequest', async (request, reply) => {
    if (OPEN.has(request.url.split('?')[0] ?? '')) return;
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    reply.header('www-authenticate', 'Bearer');
    throw new RequestError(
      401,
      'identity/token',
      request.headers.authorization ? 'The token is not this server’s.' : 'The request carries no token.',
      `Send \`Authorization: Bearer TOKEN\`; the token stands in ${where}.`,
    );
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
