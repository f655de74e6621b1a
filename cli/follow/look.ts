import type { RunView } from '../../server/api/runs.ts';
import type { Api } from '../client/api.ts';

/** How a follower left a run: as it ended or stands, or because the person had seen enough. */
export type Left = { readonly why: 'run'; readonly view: RunView } | { readonly why: 'interrupted' };

export type FollowOptions = {
  readonly run: string;
  /** Without a terminal: stay while the run is held or waits. */
  readonly wait: boolean;
  readonly json: boolean;
};

/** The run as it stands now. */
export function getRun(api: Api, run: string, signal?: AbortSignal): Promise<RunView> {
  return api.get<RunView>(`/api/runs/${run}`, {}, signal);
}
