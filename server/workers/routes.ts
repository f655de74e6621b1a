import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { WorkerLedger } from '../../ledger/ledger.ts';
import {
  AppendRequest,
  BlobText,
  ByDigest,
  ByHandle,
  FilePart,
  FindRequest,
  Hello,
  OfRun,
  PREFIX,
  ReadRequest,
  ReleaseLocks,
  StreamPart,
  StreamPlace,
  StreamQuery,
  TakeLocks,
} from '../../ledger/remote/messages.ts';
import { HoldfastError } from '../../plan/errors.ts';
import { RequestError } from '../problem/requestError.ts';

/**
 * The ledger over HTTP: each request is one call of it, under the same promises. Requests are held against their forms and
 * answered by the store alone, so whatever comes a second time gets what stands there.
 */
export function workerRoutes(ledger: WorkerLedger): FastifyPluginAsync {
  return async (app) => {
    const on = <T>(name: string, Message: z.ZodType<T>, answer: (message: T) => Promise<object>) =>
      app.post(`${PREFIX}/${name}`, (request) => answer(inForm(Message, request.body)));
    const onStream = <T>(
      name: string,
      Query: z.ZodType<T>,
      answer: (query: T, body: unknown) => Promise<object>,
    ) => app.post(`${PREFIX}/${name}`, (request) => answer(inForm(Query, request.query), request.body));

    on('hello', Hello, async (hello) => hello);
    on('append', AppendRequest, async ({ calls }) => {
      const ends = await Promise.allSettled(calls.map((entries) => ledger.append(entries)));
      return { answers: ends.map(answerOf) };
    });
    on('find', FindRequest, async ({ keys }) => ({ entries: [...(await ledger.find(keys)).values()] }));
    on('read', ReadRequest, async (filter) => ({ entries: await ledger.read(filter) }));
    on('put-blob', BlobText, async ({ text }) => ({ digest: await ledger.putBlob(text) }));
    on('blob', ByDigest, async ({ digest }) => ({ text: (await ledger.blob(digest)) ?? null }));
    on('plan', ByDigest, async ({ digest }) => ({ plan: (await ledger.plan(digest)) ?? null }));
    on('take-locks', TakeLocks, (request) => ledger.takeLocks(request));
    on('release-locks', ReleaseLocks, async (request) => {
      await ledger.releaseLocks(request);
      return {};
    });

    onStream('log-write', StreamPlace, async ({ offset, ...key }, body) => ({
      length: await ledger.logs.write(key, offset, Buffer.isBuffer(body) ? body : new Uint8Array()),
    }));
    onStream('log-length', StreamQuery, async (key) => ({ length: await ledger.logs.length(key) }));
    onStream('file-part', FilePart, async ({ sha256, offset, limit }) =>
      Buffer.from(await ledger.filePart(sha256, offset, limit)),
    );
    on('sealed-list', OfRun, async ({ run }) => ({ handles: await ledger.sealed.list(run) }));
    onStream('sealed-keep', ByHandle, async ({ handle }, body) => {
      await ledger.sealed.keep(handle, Buffer.isBuffer(body) ? body : new Uint8Array());
      return {};
    });
    onStream('sealed-read', ByHandle, async ({ handle }) =>
      Buffer.from((await ledger.sealed.read(handle)) ?? new Uint8Array()),
    );
    onStream('log-read', StreamPart, async ({ offset, limit, ...key }) =>
      Buffer.from(await ledger.logs.read(key, offset, limit)),
    );
  };
}

/** A fault of one call is that call's answer; what is no word of ours ends the request. */
function answerOf(end: PromiseSettledResult<Awaited<ReturnType<WorkerLedger['append']>>>): object {
  if (end.status === 'fulfilled') return { entries: end.value };
  const { reason } = end;
  if (!(reason instanceof HoldfastError)) throw reason;
  return { fault: { code: reason.code, message: reason.message, mend: reason.mend } };
}

function inForm<T>(Form: z.ZodType<T>, message: unknown): T {
  const found = Form.safeParse(message);
  if (found.success) return found.data;
  throw new RequestError(
    400,
    'worker/message',
    `What the worker says is not in the form that this server knows: ${z.prettifyError(found.error)}.`,
    'Run the same version of Holdfast on both, the server first.',
  );
}
