import type { RunbookDetail } from '../../server/api/runbooks.ts';
import { CommandError } from '../exit.ts';
import type { Io } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import type { Api } from './api.ts';

/** Does something with a runbook; complaints about its own file are said with the lines that they are about. */
export async function sources<T>(api: Api, io: Io, runbook: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CommandError) || error.complaints.length === 0) throw error;
    const detail = await api.get<RunbookDetail>(`/api/runbooks/${runbook}`).catch(() => undefined);
    for (const complaint of error.complaints) {
      const own = detail !== undefined && complaint.file === detail.file;
      io.say(complaintText(io.talk, complaint, own ? detail.source : undefined));
    }
    throw new CommandError(error.exit, error.code, error.message, error.mend);
  }
}
