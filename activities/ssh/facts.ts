import type { ExecResult, SshConnection, SshFailure } from './ssh.ts';

/** What a host says of itself and the login user. */
export type HostFacts = {
  readonly home: string;
  readonly user: string;
  readonly shell: string;
  /** The kernel's id of this boot; another one after each reboot. */
  readonly bootId: string;
};

export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: SshFailure };

/** Asks for the facts that a plan needs, in one command. */
export async function hostFacts(connection: SshConnection, signal?: AbortSignal): Promise<Asked<HostFacts>> {
  const asked = await askShell(connection, factsScript, signal);
  if (!asked.ok) return asked;
  const value = readFacts(asked.value);
  if (value === undefined) return garbled(connection);
  return { ok: true, value };
}

/** Builtins only, but for a user whose name sshd did not set. */
export const factsScript = `
say() { printf '%s=%s\\n' "$1" "$2"; }
say home "$HOME"
say user "\${LOGNAME:-\${USER:-$(id -un)}}"
say shell "\${SHELL:-}"
boot=; read -r boot < /proc/sys/kernel/random/boot_id || :
say boot "$boot"
`;

export function readFacts(said: ReadonlyMap<string, string>): HostFacts | undefined {
  const home = said.get('home');
  const user = said.get('user');
  const bootId = said.get('boot');
  if (home === undefined || !home.startsWith('/') || user === undefined || bootId === undefined)
    return undefined;
  return { home, user, shell: said.get('shell') ?? '', bootId };
}

/**
 * Runs a script that answers in lines `name=value`. It goes by stdin, as the login shell may be one (fish, csh)
 * that would not understand it as an argument.
 */
export async function askShell(
  connection: SshConnection,
  script: string,
  signal?: AbortSignal,
): Promise<Asked<ReadonlyMap<string, string>>> {
  const result = await connection.exec('exec sh', {
    stdin: script,
    timeoutMs: askWithinMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (!result.ended) return { ok: false, failure: result.failure };
  if (result.code !== 0) return { ok: false, failure: noShell(connection, result) };
  const pairs = Buffer.from(result.out)
    .toString('utf8')
    .split('\n')
    .flatMap((line): [string, string][] => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    });
  return { ok: true, value: new Map(pairs) };
}

/** A host that cannot say who it is within this is not one to work on. */
const askWithinMs = 30_000;

export function garbled(connection: SshConnection): { readonly ok: false; readonly failure: SshFailure } {
  const says = `${connection.label}: it did not answer with its home folder, user and boot id. Look whether the login shell's rc file prints something, and whether /proc is mounted.`;
  return { ok: false, failure: { kind: 'no_channel', transient: false, says } };
}

function noShell(connection: SshConnection, result: Extract<ExecResult, { ended: true }>): SshFailure {
  const reason = Buffer.from(result.err).toString('utf8').trim().split('\n').at(-1) ?? '';
  const because = reason === '' ? '' : `: ${reason}`;
  return {
    kind: 'no_channel',
    transient: false,
    says: `${connection.label}: sh could not be run there (exit ${result.code}${because}). Look at the login shell of the user, and at ForceCommand in sshd_config.`,
  };
}
