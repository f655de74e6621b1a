import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { PlanHost } from '../../plan/plan.ts';

export type Home =
  | { readonly ok: true; readonly home: string }
  | { readonly ok: false; readonly says: string };

const ASK_MS = 15_000;

/** Asks a host for the login user's home folder, with one exec. */
export async function askHome(ssh: SshPool, host: PlanHost): Promise<Home> {
  const connected = await ssh.connect(host);
  if (!connected.ok) return { ok: false, says: connected.failure.says };
  const result = await connected.connection.exec('printf %s "$HOME"', { timeoutMs: ASK_MS, maxBytes: 4_096 });
  if (!result.ended) return { ok: false, says: result.failure.says };
  const home = new TextDecoder().decode(result.out).trim();
  if (result.code === 0 && home.startsWith('/')) return { ok: true, home };
  return { ok: false, says: `asked for $HOME it said "${home}" (exit status ${result.code})` };
}
