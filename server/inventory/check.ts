import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { PlanHost } from '../../plan/plan.ts';
import type { HostCheck } from '../api/inventory.ts';

const ASK_MS = 20_000;
const SKEW_WARNING_MS = 2_000;
const FREE_WARNING_BYTES = 16 * 1024 * 1024;

/**
 * One exec, in any POSIX sh: a `name=value` line for each thing. What a host can't tell is left out. logind.conf(5):
 * KillUserProcesses is off unless set, RemoveIPC is on unless set; a later file wins, and those of `logind.conf.d` come after
 * the main one. loginctl(1): users who linger have a file each.
 */
const QUESTIONS = `
echo "user=$(id -un)"; echo "home=$HOME"; echo "system=$(uname -sr)"; echo "clock=$(date +%s)"
sudo -n true 2>/dev/null && echo sudo=yes || echo sudo=no
echo "free=$(df -Pk "$HOME" 2>/dev/null | awk 'NR == 2 { print $4 }')"
echo "uid=$(id -u)"
probe="$HOME/.holdfast-check.$$"
if (umask 077; : >"$probe") 2>/dev/null; then
  echo writable=yes
  printf '#!/bin/sh\\nexit 0\\n' >"$probe" 2>/dev/null && chmod u+x "$probe" 2>/dev/null
  [ -s "$probe" ] && { "$probe" 2>/dev/null && echo exec=yes || echo exec=no; }
  rm -f "$probe"
else echo writable=no; fi
command -v setsid >/dev/null 2>&1 && echo setsid=yes || echo setsid=no
if [ -d /run/systemd/system ]; then
  echo RemoveIPC=yes
  cat /usr/lib/systemd/logind.conf /etc/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf \\
    /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf 2>/dev/null |
    sed -n 's/^ *\\(KillUserProcesses\\|RemoveIPC\\) *= */\\1=/p'
fi
[ -e "/var/lib/systemd/linger/$(id -un)" ] && echo linger=yes
exit 0
`;

/** Connects to a host and asks it what a run there depends on. */
export async function checkHost(ssh: SshPool, host: PlanHost, clock: () => number): Promise<HostCheck> {
  const began = performance.now();
  const took = () => Math.round(performance.now() - began);
  const connected = await ssh.connect(host);
  if (!connected.ok) {
    const { kind, says } = connected.failure;
    return { host: host.name, ok: false, says, kind, took_ms: took(), warnings: [] };
  }
  const asked = clock();
  const result = await connected.connection.exec('/bin/sh', {
    stdin: QUESTIONS,
    timeoutMs: ASK_MS,
    maxBytes: 65_536,
  });
  if (!result.ended) {
    const { kind, says } = result.failure;
    return { host: host.name, ok: false, says, kind, took_ms: took(), warnings: [] };
  }
  const told = readAnswers(new TextDecoder().decode(result.out));
  const { hostKey } = connected.connection;
  return {
    host: host.name,
    took_ms: took(),
    ...(hostKey === undefined ? {} : { host_key: hostKey }),
    ...judge(told, { asked, answered: clock() }),
  };
}

export type Told = ReadonlyMap<string, string>;

export function readAnswers(text: string): Told {
  const told = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) told.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return told;
}

/** Our clock when a host was asked and when it had answered, milliseconds since the epoch. */
export type Between = { readonly asked: number; readonly answered: number };

/** What the answers mean for detached jobs. */
export function judge(told: Told, between: Between): Omit<HostCheck, 'host' | 'took_ms'> {
  const free = numberIn(told.get('free'));
  const seconds = numberIn(told.get('clock'));
  const skew = seconds === undefined ? undefined : skewOf(seconds * 1000, between);
  // logind leaves root and those who linger alone.
  const logsOut = told.get('uid') !== '0' && told.get('linger') !== 'yes';
  const warnings = [
    ...(told.get('writable') === 'no'
      ? ['the home folder can’t be written: jobs go to a place in memory, if there is one']
      : []),
    ...(free !== undefined && free * 1024 < FREE_WARNING_BYTES
      ? ['the home folder’s disk is full or nearly so']
      : []),
    ...(told.get('exec') === 'no' ? ['programs in the home folder can’t be executed (noexec)'] : []),
    ...(told.get('setsid') === 'no' ? ['`setsid` is missing: a job would end with its connection'] : []),
    ...(logsOut && yes(told.get('KillUserProcesses'))
      ? [
          `logind kills a user’s processes at logout (KillUserProcesses=yes): jobs would die with the connection; let the user linger: ${linger(told)}`,
        ]
      : []),
    ...(logsOut && yes(told.get('RemoveIPC')) && told.get('writable') === 'no'
      ? [
          `logind empties /dev/shm at logout (RemoveIPC=yes): jobs can’t be kept there; let the user linger: ${linger(told)}`,
        ]
      : []),
    ...(skew !== undefined && Math.abs(skew) > SKEW_WARNING_MS
      ? [`its clock is ${Math.round(skew / 1000)} s off`]
      : []),
  ];
  return {
    ok: true,
    says: warnings.length === 0 ? 'ready' : 'reachable, with warnings',
    ...text('user', told.get('user')),
    ...text('home', told.get('home')),
    ...text('system', told.get('system')),
    ...(told.has('sudo') ? { sudo: told.get('sudo') === 'yes' } : {}),
    ...(free === undefined ? {} : { free_bytes: free * 1024 }),
    ...(skew === undefined ? {} : { clock_skew_ms: skew }),
    warnings,
  };
}

/** The host says whole seconds, and read its clock at some moment between: only what both can't explain is skew. */
function skewOf(host: number, { asked, answered }: Between): number {
  if (host > answered) return host - answered;
  return Math.min(0, host + 999 - asked);
}

function linger(told: Told): string {
  return `loginctl enable-linger ${told.get('user') ?? 'USER'}`;
}

function yes(value: string | undefined): boolean {
  return value !== undefined && /^(yes|true|1|on)$/i.test(value);
}

function numberIn(value: string | undefined): number | undefined {
  const number = Number(value);
  return value === undefined || value === '' || !Number.isFinite(number) ? undefined : number;
}

function text<K extends 'user' | 'home' | 'system'>(
  key: K,
  value: string | undefined,
): { readonly [P in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]: string });
}
