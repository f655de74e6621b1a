import { setTimeout as pause } from 'node:timers/promises';
import type { Problem } from '../../server/api/problem.ts';
import { CommandError, EXIT, exitOfStatus } from '../exit.ts';
import type { Connection } from './connection.ts';

export type Query = { readonly [name: string]: string | number | undefined };

/** The server's HTTP API. Answers are trusted to be what its schemas say; problems are thrown as `CommandError`. */
export type Api = {
  readonly url: string;
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  /** `key` makes a second sending the first one: with it a connection that broke is tried again. */
  post<T>(path: string, body: object, key?: string): Promise<{ readonly status: number; readonly body: T }>;
  /** Once: who asks for something that takes its time is told of it as server-sent events. */
  postStream(path: string, body: object, signal: AbortSignal): Promise<Response>;
  /** A stream of server-sent events, or a problem. */
  stream(path: string, query: Query, last: number | undefined, signal: AbortSignal): Promise<Response>;
};

const ATTEMPTS = 3;
const PAUSE_MS = 400;
/** What may be sent again is waited for so long each time: a connection that is dead without an end never answers. */
const ANSWER_MS = 20_000;

export function createApi(connection: Connection): Api {
  const authorization = `Bearer ${connection.token}`;

  async function send(path: string, query: Query, init: RequestInit): Promise<Response> {
    const url = new URL(`${connection.url}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await fetch(url, { ...init, headers: { authorization, ...init.headers } });
    if (response.ok) return response;
    throw await problemIn(response, connection);
  }

  const calling = async <T>(act: () => Promise<T>, attempts: number): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        if (error instanceof CommandError || isAbort(error)) throw error;
        if (attempt >= attempts || causeOf(error).code === 'ECONNREFUSED')
          throw unreachable(connection, error);
        await pause(PAUSE_MS);
      }
    }
  };

  return {
    url: connection.url,
    get: (path, query = {}, signal) =>
      calling(async () => {
        const late = AbortSignal.timeout(ANSWER_MS);
        const response = await send(path, query, {
          signal: signal === undefined ? late : AbortSignal.any([signal, late]),
        });
        return JSON.parse(await response.text());
      }, ATTEMPTS),
    post: (path, body, key) =>
      calling(
        async () => {
          const response = await send(
            path,
            {},
            {
              method: 'POST',
              body: JSON.stringify(body),
              ...(key === undefined ? {} : { signal: AbortSignal.timeout(ANSWER_MS) }),
              headers: {
                'content-type': 'application/json',
                ...(key === undefined ? {} : { 'idempotency-key': key }),
              },
            },
          );
          return { status: response.status, body: JSON.parse(await response.text()) };
        },
        key === undefined ? 1 : ATTEMPTS,
      ),
    postStream: (path, body, signal) =>
      calling(
        () =>
          send(
            path,
            {},
            {
              method: 'POST',
              body: JSON.stringify(body),
              signal,
              headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
            },
          ),
        1,
      ),
    stream: (path, query, last, signal) =>
      calling(
        () =>
          send(path, query, {
            signal,
            headers: {
              accept: 'text/event-stream',
              ...(last === undefined ? {} : { 'last-event-id': String(last) }),
            },
          }),
        1,
      ),
  };
}

async function problemIn(response: Response, connection: Connection): Promise<CommandError> {
  const { status } = response;
  const text = await response.text().catch(() => '');
  const problem = parsed(text);
  if (status === 401) {
    return new CommandError(
      EXIT.notAllowed,
      problem?.code ?? 'identity/token',
      `The server at ${connection.url} does not know this token.`,
      'It was started with another data folder: name that one with --data, or set HOLDFAST_TOKEN.',
    );
  }
  if (problem === undefined) {
    return new CommandError(
      exitOfStatus(status),
      'client/no-problem',
      `${connection.url} answered ${status}, and not as a Holdfast does.`,
      'Look at what --server (or HOLDFAST_SERVER) names.',
    );
  }
  return new CommandError(
    exitOfStatus(status),
    problem.code,
    problem.detail,
    problem.mend,
    problem.complaints ?? [],
  );
}

function parsed(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('detail' in value)) return undefined;
    return value as Problem;
  } catch {
    return undefined;
  }
}

function unreachable(connection: Connection, error: unknown): CommandError {
  const { code, message } = causeOf(error);
  const from = connection.found === 'as named' ? '' : `, which ${connection.found} names`;
  const refused = code === 'ECONNREFUSED';
  return new CommandError(
    EXIT.unreachable,
    'client/unreachable',
    refused
      ? `Nobody answers at ${connection.url}${from}: Holdfast is not up there any more.`
      : `The server at ${connection.url}${from} can't be reached: ${message}.`,
    'Start it: holdfast up',
    [],
    { cause: error },
  );
}

function causeOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { code: '', message: `no answer within ${ANSWER_MS / 1000} s` };
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : '';
  return { code, message: cause instanceof Error && cause.message !== '' ? cause.message : code };
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
