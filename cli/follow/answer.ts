import { randomUUID } from 'node:crypto';
import type { OperatorPending, OperatorTaken } from '../../server/api/operator.ts';
import type { GateView } from '../../server/api/runs.ts';
import { ask } from '../ask.ts';
import type { Api } from '../client/api.ts';
import { CommandError } from '../exit.ts';
import type { Io } from '../io.ts';
import { gateCard } from '../view/gate.ts';
import { nextForGate, nextLines } from '../view/next.ts';
import { indent } from '../view/text.ts';

/** Shows a gate and takes an answer to exactly what was shown. No answer leaves it open for somebody else. */
export async function answerGate(
  api: Api,
  io: Io,
  gate: GateView,
  signal: AbortSignal,
  interrupted: () => void,
): Promise<void> {
  io.say(`\n${gateCard(io.talk, gate, io.now())}\n`);
  const manual = gate.manual === true;
  const question = manual ? 'Is it done? y = yes, r = it can’t be done' : 'Approve? y = yes, r = reject';
  const said = await ask(`${question}, N = leave it open [y/r/N] `, signal, interrupted);
  if (said === undefined) return io.say('');
  const answer = said.trim().toLowerCase();
  const kind = ['y', 'yes'].includes(answer)
    ? manual
      ? 'confirm'
      : 'approve'
    : ['r', 'reject'].includes(answer)
      ? 'reject'
      : undefined;
  if (kind === undefined) {
    return io.say(
      `It stays open. Answer it when you are ready:\n${indent(nextLines(nextForGate(gate)), '  ')}\n`,
    );
  }
  const reason = await reasonFor(kind, signal, interrupted);
  if (reason === undefined) return io.say('It stays open: a word on it is needed.');
  const shown = kind === 'approve' ? { shown: gate.shown_digest } : {};
  try {
    const { body } = await api.post<OperatorTaken | OperatorPending>(
      `/api/runs/${gate.run}/${kind}`,
      { step: gate.step, reason, ...shown },
      randomUUID(),
    );
    io.say(body.says);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    io.say(`${error.message} ${error.mend}`);
  }
}

/** Undefined where one is needed and none is given. */
async function reasonFor(
  kind: 'approve' | 'confirm' | 'reject',
  signal: AbortSignal,
  interrupted: () => void,
): Promise<string | undefined> {
  if (kind !== 'confirm')
    return (await ask('Why (stands in the record; Enter for nothing): ', signal, interrupted)) ?? '';
  const note = await ask('What was done (stands in the record): ', signal, interrupted);
  return note?.trim() === '' ? undefined : note;
}
