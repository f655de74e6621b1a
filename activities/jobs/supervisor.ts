import { sha256 } from './shell.ts';

/** A stream of a job takes at most this much of its host's disk; what follows is dropped, and the script goes on. */
export const keptOnHostBytes = 128 * 1024 * 1024;

/**
 * The supervisor of one job: the only process that may take `go`, run the script, and write `rc.N`.
 * Plain POSIX sh with `setsid`, `mkdir`, `tee` and `mv` beside it; it is started in a session of its own and holds no
 * file of the SSH channel, so it goes on when the connection is gone.
 *
 * What it says to readers it says in the *names* of empty files (`sup.…`, `rc.N`), as names appear whole or not at
 * all, and a file system without a free block still takes them.
 *
 * - `true >f`, not `: >f`: when a redirection of a special built-in fails, a shell that follows POSIX exits.
 * - `tee -a`: it keeps reading when its file can't be written, so a full disk never stops the script; it appends, so a
 *   second supervisor that loses the race for `go` leaves the winner's output alone.
 * - `ulimit -f` (blocks of 512 bytes, POSIX) ends a file where a stream has as much as is kept of one: with XFSZ ignored the write
 *   fails as on a full disk. It is the tees' alone; the script may write as large a file as it likes.
 * - the tees ignore TERM, INT and HUP, and the shells catch them (which a child does not inherit, nor a
 *   subshell: each says it again), so a script that
 *   signals its own process group (`kill 0`) doesn't take its supervisor with it.
 * - `drained` says that all output is in the files. `rc.N` doesn't wait for it: a daemon which kept the script's pipes
 *   open would keep the job open.
 *
 * Arguments: directory, token, job, nonce of the texts, shell, done's shell or nothing, seconds between two asks of
 * done, centiseconds in which it must hold after the script.
 */
export const supervisorText = String.raw`
cd "$1" || exit 0
kept=${keptOnHostBytes / 512}
dir=$1 token=$2 job=$3 nonce=$4 shell=$5 doneshell=$6 every=$7 within=$8
[ -e "token.$token" ] || exit 0
trap 'true' TERM INT HUP
OUTPUT=$dir/$job/output
export OUTPUT

uptime() {
  read -r up rest </proc/uptime
  up=\${up%.*}\${up#*.}
}
holds() {
  OUTPUT=$dir/$job/output.$1
  true >"$OUTPUT"
  ( cd "\${HOME:-/}"; exec $doneshell "$dir/$job/done.$nonce" ) </dev/null >/dev/null 2>"$check" 5>&-
}
ended() {
  true >"$job/rc.$1" || { true >"$job/rc"; mv "$job/rc" "$job/rc.$1"; }
}
phases() {
  trap 'true' TERM INT HUP
  read -r boot </proc/sys/kernel/random/boot_id
  read -r stat </proc/self/stat
  pid=\${stat%% *}
  set -- \${stat##*) }
  start=\${20}
  read -r stat <"/proc/$$/stat"
  set -- \${stat##*) }
  true >"$job/sup.$boot.$pid.$start.$$.\${20}" || return
  mkdir "$job/go" 2>/dev/null || return
  if [ -n "$doneshell" ]; then
    check=$dir/$job/check
    printf '%4096s' x >"$check" || check=/dev/null
    if holds before; then
      true >"$job/unchanged"
      ended 0
      return
    fi
    OUTPUT=$dir/$job/output
  fi
  ( cd "\${HOME:-/}"; exec $shell "$dir/$job/script.$nonce" ) </dev/null 2>&5 5>&-
  rc=$?
  if [ -n "$doneshell" ] && [ $rc = 0 ]; then
    uptime
    limit=$((up + within))
    until holds after; do
      uptime
      if [ -e "$job/stop" ] || [ "$up" -ge "$limit" ]; then
        true >"$job/undone"
        break
      fi
      sleep "$every" || sleep 1
    done
  fi
  ended $rc
}
{
  trap 'true' TERM INT HUP
  { phases 5>&2 2>/dev/null; } 2>&1 >&4 4>&- | {
    trap '' TERM INT HUP XFSZ
    ulimit -f $kept
    exec tee -a "$job/err" >/dev/null 2>&1 4>&-
  } || true >"$job/err.cut"
} 4>&1 | {
  trap '' TERM INT HUP XFSZ
  ulimit -f $kept
  exec tee -a "$job/out" >/dev/null 2>&1
} || true >"$job/out.cut"
true >"$job/drained"
`.replaceAll('\\${', '${');

export const supervisorDigest = sha256(supervisorText);
