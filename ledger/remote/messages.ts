import { z } from 'zod';
import { digest, hostName, runId, stepInstance } from '../../plan/ids.ts';
import { EntryOf, EventKindOf, PendingEntryOf } from './entry.ts';

/**
 * What a worker on another machine and the server say to each other: `POST PREFIX/<name>` with one of these as JSON, but
 * for output, which travels as it is. Every request may be sent again: entries are told apart by their keys, output by
 * its offset, texts by their digests, and locks are the run's.
 */
export const PREFIX = '/api/worker';

/** Raised when an older worker can no longer be served. */
export const PROTOCOL = 1;

export const Hello = z.strictObject({ protocol: z.literal(PROTOCOL) });
export type Hello = z.output<typeof Hello>;

const Fault = z.strictObject({ code: z.string(), message: z.string(), mend: z.string() });

export const AppendRequest = z.strictObject({ calls: z.array(z.array(PendingEntryOf)).max(10_000) });
/** In the order of the calls; one that is refused does not touch the others. */
export const AppendAnswer = z.strictObject({
  answers: z.array(
    z.union([z.strictObject({ entries: z.array(EntryOf) }), z.strictObject({ fault: Fault })]),
  ),
});

export const Entries = z.strictObject({ entries: z.array(EntryOf) });
export const FindRequest = z.strictObject({ keys: z.array(z.string()).max(100_000) });
export const ReadRequest = z.strictObject({
  run: z.exactOptional(z.string().transform(runId)),
  kinds: z.exactOptional(z.array(EventKindOf)),
  after: z.exactOptional(z.number().int().min(0)),
  limit: z.number().int().min(1).max(1_000),
});

const Sha256 = z.string().transform(digest);
export const ByDigest = z.strictObject({ digest: Sha256 });
export const BlobText = z.strictObject({ text: z.string() });
export const FoundBlob = z.strictObject({ text: z.string().nullable() });
/** No form of its own: whoever asked holds it against the digest that it asked for. */
export const FoundPlan = z.strictObject({ plan: z.record(z.string(), z.unknown()).nullable() });

const ofRun = { run: z.string().min(1).transform(runId), epoch: z.number().int().min(0) };
export const TakeLocks = z.strictObject({ ...ofRun, names: z.array(z.string()).max(20_000) });
export const ReleaseLocks = z.strictObject(ofRun);
export const LocksTaken = z.union([
  z.strictObject({ taken: z.literal(true) }),
  z.strictObject({
    taken: z.literal(false),
    held: z.array(z.strictObject({ name: z.string(), run: z.string().transform(runId), since: z.number() })),
    ahead: z.array(z.string().transform(runId)),
  }),
]);
export const Nothing = z.strictObject({});

/** Which stream, as a query: the body is its bytes. */
export const StreamQuery = z.object({
  run: z.string().min(1).transform(runId),
  step: z.string().min(1).transform(stepInstance),
  host: z.string().min(1).transform(hostName),
  generation: z.coerce.number().int().min(0),
  stream: z.enum(['out', 'err']),
});
export const StreamPlace = StreamQuery.extend({ offset: z.coerce.number().int().min(0) });
export const StreamPart = StreamPlace.extend({ limit: z.coerce.number().int().min(1) });
export const StreamLength = z.strictObject({ length: z.number().int() });

/** Output, or of a file, in one request; more goes in several. */
export const PIECE_BYTES = 1024 * 1024;

export const FilePart = z.strictObject({
  sha256: Sha256,
  offset: z.coerce.number().int().min(0),
  limit: z.coerce.number().int().min(1).max(PIECE_BYTES),
});

export const ByHandle = z.strictObject({ handle: z.string().min(1).max(300) });
export const OfRun = z.strictObject({ run: z.string().min(1).transform(runId) });
export const Handles = z.strictObject({ handles: z.array(z.string()) });
