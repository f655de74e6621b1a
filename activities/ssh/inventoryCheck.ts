import { type Asked, askShell, factsScript, garbled, type HostFacts, readFacts } from './facts.ts';
import type { SshConnection } from './ssh.ts';

/** What was found on a host, and what of it would break a run. */
export type HostReport = {
  readonly facts: HostFacts;
  /** Bytes that the login user may write in the home folder's file system. */
  readonly homeFreeBytes?: number;
  /** The host's clock less the worker's. Exact to a second and to half the time that asking took. */
  readonly clockAheadMs?: number;
  readonly sudo: boolean;
  readonly findings: readonly Finding[];
};

/** `broken`: detached jobs would be lost or cannot start. `notice`: good to know. */
export type Finding = {
  readonly name:
    | 'home'
    | 'kill_user_processes'
    | 'remove_ipc'
    | 'noexec'
    | 'space'
    | 'clock'
    | 'sudo'
    | 'boot_id';
  readonly level: 'broken' | 'notice';
  readonly says: string;
};

const leastFreeBytes = 16 * 1024 * 1024;
const mostClockSkewMs = 5_000;

/** Looks, in one command, for what breaks jobs that outlive their connection. `now` gives the worker's time in ms. */
export async function inventoryCheck(
  connection: SshConnection,
  now: () => number,
  signal?: AbortSignal,
): Promise<Asked<HostReport>> {
  const before = now();
  const asked = await askShell(connection, checkScript, signal);
  const after = now();
  if (!asked.ok) return asked;
  const facts = readFacts(asked.value);
  if (facts === undefined) return garbled(connection);
  return { ok: true, value: judgeHost(facts, asked.value, (before + after) / 2) };
}

export function judgeHost(facts: HostFacts, said: ReadonlyMap<string, string>, askedAt: number): HostReport {
  const root = said.get('uid') === '0';
  const lingers = said.get('linger') === 'yes';
  const free = numberOf(said.get('free_kb'));
  const clock = numberOf(said.get('date'));
  const ahead = clock === undefined ? undefined : Math.round(clock * 1000 + 500 - askedAt);
  const sudo = root || said.get('sudo') === 'yes';
  const findings: Finding[] = [];
  const find = (name: Finding['name'], level: Finding['level'], says: string) =>
    findings.push({ name, level, says });

  if (facts.bootId === '') {
    find(
      'boot_id',
      'broken',
      'It has no /proc/sys/kernel/random/boot_id, so that a reboot cannot be told. Mount /proc.',
    );
  }
  if (said.get('home_writable') === 'no') {
    find(
      'home',
      'broken',
      `${facts.user} cannot write to its home folder ${facts.home}. Give it a home folder of its own.`,
    );
  }
  if (said.get('kill_user_processes') === 'yes' && !root && !lingers) {
    find(
      'kill_user_processes',
      'broken',
      `logind ends all processes of ${facts.user} at logout (KillUserProcesses=yes), jobs too. Let it linger: loginctl enable-linger ${facts.user}`,
    );
  }
  if (said.get('remove_ipc') === 'yes' && !root && !lingers) {
    find(
      'remove_ipc',
      'notice',
      `logind empties /dev/shm of ${facts.user} at logout (RemoveIPC), so it is no second place for a run's files. Lingering prevents that: loginctl enable-linger ${facts.user}`,
    );
  }
  if (said.get('noexec') === 'yes') {
    find(
      'noexec',
      'notice',
      `${facts.home} is mounted noexec: a script can still be read by its shell, but no program started from there.`,
    );
  }
  if (free !== undefined && free * 1024 < leastFreeBytes) {
    find(
      'space',
      'broken',
      `${facts.home} has ${Math.floor(free / 1024)} MiB left. Free some space, at least ${leastFreeBytes / 1024 / 1024} MiB.`,
    );
  }
  if (ahead !== undefined && Math.abs(ahead) > mostClockSkewMs) {
    const direction = ahead > 0 ? 'ahead of' : 'behind';
    find(
      'clock',
      'notice',
      `Its clock is ${Math.round(Math.abs(ahead) / 1000)} s ${direction} this worker's. Look at its time synchronisation.`,
    );
  }
  if (!sudo)
    find(
      'sudo',
      'notice',
      `${facts.user} may not use sudo without a password, so steps with become will fail.`,
    );
  return {
    facts,
    ...(free === undefined ? {} : { homeFreeBytes: free * 1024 }),
    ...(ahead === undefined ? {} : { clockAheadMs: ahead }),
    sudo,
    findings,
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * logind.conf(5): KillUserProcesses is off unless set, RemoveIPC is on unless set; a later file wins, and those of
 * `logind.conf.d` come after the main one. Only where systemd runs. loginctl(1): lingering users have a file each.
 */
const checkScript = `${factsScript}
say uid "$(id -u)"
say date "$(date +%s)"
t="$HOME/.holdfast-check.$$"
if (: > "$t") 2>/dev/null; then say home_writable yes; rm -f "$t"; else say home_writable no; fi
say free_kb "$(df -Pk "$HOME" 2>/dev/null | { read -r l; read -r d a b c r; echo "$c"; })"
m=$(df -Pk "$HOME" 2>/dev/null | { read -r l; read -r d a b c p at; echo "$at"; })
while read -r d at f o r; do
  if [ "$at" = "$m" ]; then case ",$o," in *,noexec,*) e=yes ;; *) e=no ;; esac; fi
done < /proc/mounts
say noexec "\${e:-no}"
if [ -d /run/systemd/system ]; then
  k=no i=yes
  for c in /usr/lib/systemd/logind.conf /etc/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf; do
    [ -r "$c" ] || continue
    while IFS='= ' read -r n v; do
      case $v in 1|y*|Y*|t*|T*|on|On|ON) v=yes ;; *) v=no ;; esac
      case $n in KillUserProcesses) k=$v ;; RemoveIPC) i=$v ;; esac
    done < "$c"
  done
  say kill_user_processes "$k"
  say remove_ipc "$i"
fi
if [ -e "/var/lib/systemd/linger/\${LOGNAME:-}" ]; then say linger yes; fi
if command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then say sudo yes; else say sudo no; fi
exit 0
`;
