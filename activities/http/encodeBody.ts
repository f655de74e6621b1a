import type { ResolvedRequest } from '../../plan/rounds.ts';

/** What is sent, and the content type that it has unless the request's headers say another. */
export type EncodedBody = { readonly bytes: Buffer; readonly contentType?: string };

export function encodeBody(body: ResolvedRequest['body']): EncodedBody | undefined {
  if (body === undefined) return undefined;
  if ('json' in body) return { bytes: Buffer.from(body.json), contentType: 'application/json' };
  if ('text' in body) return { bytes: Buffer.from(body.text) };
  const form = new URLSearchParams(Object.entries(body.form)).toString();
  return { bytes: Buffer.from(form), contentType: 'application/x-www-form-urlencoded' };
}
