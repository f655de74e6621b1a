import type { FastifyReply, FastifyRequest } from 'fastify';

/** For work that takes its time: who asked may hear of its progress, and may go away meanwhile. */
export type Telling<Progress> = {
  /** Fires when whoever asked is no longer there. */
  readonly signal: AbortSignal;
  /** To nobody, unless events were asked for. */
  readonly tell: (progress: Progress) => void;
};

/**
 * Answers with what the work comes to; to who accepts `text/event-stream`, as the event `name` after `progress` for each thing
 * told. Headers go out with the first of it, so that what is wrong before is a problem document as ever.
 */
export async function answerTelling<Answer, Progress>(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  work: (telling: Telling<Progress>) => Promise<Answer>,
): Promise<Answer> {
  const events = request.headers.accept?.includes('text/event-stream') === true;
  const tell = (data: Progress) => void reply.sse.send({ event: 'progress', data }).catch(() => {});
  const answer = await work({ signal: whenGone(reply), tell: events ? tell : () => {} });
  if (!events) return answer;
  await reply.sse.send({ event: name, data: answer });
  reply.sse.close();
  // Sent already: Fastify takes the reply itself for that.
  return reply as Answer;
}

function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
