import type { LogKey, WorkerLogs } from '../../ledger/ledger.ts';
import type { HostTask } from '../../plan/rounds.ts';
import { textOf } from './jobResult.ts';
import { parseOutput } from './outputs.ts';
import type { Round } from './round.ts';
import { HeldStream, nowhere, type Sink, StreamKeeper } from './stream.ts';

export type Streams = {
  readonly out: Sink;
  readonly err: Sink;
  /** Told what was written to `$OUTPUT`, before the streams end. Not told where that can't be known. */
  wrote(value: Uint8Array): void;
};

/** Of what is asked for a plan the answer is kept, and nothing that is printed beside it. */
const forNobody: WorkerLogs = {
  write: async (_, offset, bytes) => offset + bytes.length,
  length: async () => 0,
  read: async () => new Uint8Array(),
};

/** What a task prints, kept as far as its step lets it be. `again`: some of it may be stored already. */
export async function streamsOf(round: Round, task: HostTask, again: boolean): Promise<Streams> {
  if (round.keeps === 'nothing') return { out: nowhere, err: nowhere, wrote: () => {} };
  const { run, step } = round.request;
  const logs = round.request.probe === undefined ? round.parts.ledger.logs : forNobody;
  const key = { run, step, host: task.host, generation: task.generation };
  const keeper = (stream: LogKey['stream'], from: number) =>
    new StreamKeeper(logs, { ...key, stream }, from, round.redaction);
  if (round.keeps === 'all') {
    const stored = (stream: LogKey['stream']) => (again ? logs.length({ ...key, stream }) : 0);
    const [out, err] = await Promise.all([stored('out'), stored('err')]);
    return { out: keeper('out', out), err: keeper('err', err), wrote: () => {} };
  }
  let known = false;
  return {
    out: new HeldStream(keeper('out', 0), () => known),
    err: new HeldStream(keeper('err', 0), () => known),
    wrote(value) {
      known = maskOutputs(round, value);
    },
  };
}

/** Masks what the sensitive outputs are, also of a script that has failed. Answers whether that can be told. */
function maskOutputs({ request, secrets }: Round, value: Uint8Array): boolean {
  const parsed = parseOutput(textOf(value));
  if (!parsed.ok) return false;
  for (const [name, text] of parsed.values) if (request.outputs[name]?.sensitive === true) secrets.mask(text);
  return true;
}
