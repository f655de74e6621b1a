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
 * - All names begin with `hf_`: the supervisor has the script's environment, and a name that was in it would be changed there.
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
 * - `refused`: sudo let no program of the job begin (`becomeText.ts`); nothing of it ran.
 *
 * Arguments: directory, token, job, nonce of the texts, shell, done's shell or nothing, seconds between two asks of
 * done, centiseconds in which it must hold after the script, the library file for other users or nothing.
 */
export const supervisorText = String.raw`
cd "$1" || exit 0
hf_kept=${keptOnHostBytes / 512}
hf_dir=$1 hf_token=$2 hf_job=$3 hf_nonce=$4 hf_shell=$5 hf_doneshell=$6 hf_every=$7 hf_within=$8 hf_become=$9
hf_refused= hf_spot=
[ -e "token.$hf_token" ] || exit 0
trap 'true' TERM INT HUP
OUTPUT=$hf_dir/$hf_job/output
export OUTPUT

uptime() {
  read -r hf_up hf_rest </proc/uptime
  hf_up=\${hf_up%.*}\${hf_up#*.}
}
runs_plainly() {
  ( cd "\${HOME:-/}"; exec $2 "$hf_dir/$hf_job/$1.$hf_nonce" )
}
runs() { runs_plainly "$1" "$2"; }
holds() {
  OUTPUT=$hf_dir/$hf_job/output.$1
  true >"$OUTPUT"
  runs done "$hf_doneshell" </dev/null >/dev/null 2>"$hf_check" 5>&-
}
ended() {
  [ -z "$hf_become" ] || closes_spot
  true >"$hf_job/rc.$1" || { true >"$hf_job/rc"; mv "$hf_job/rc" "$hf_job/rc.$1"; }
}
phases() {
  trap 'true' TERM INT HUP
  read -r hf_boot </proc/sys/kernel/random/boot_id
  read -r hf_stat </proc/self/stat
  hf_pid=\${hf_stat%% *}
  set -- \${hf_stat##*) }
  hf_start=\${20}
  read -r hf_stat <"/proc/$$/stat"
  set -- \${hf_stat##*) }
  true >"$hf_job/sup.$hf_boot.$hf_pid.$hf_start.$$.\${20}" || return
  mkdir "$hf_job/go" 2>/dev/null || return
  if [ -n "$hf_doneshell" ]; then
    hf_check=$hf_dir/$hf_job/check
    printf '%4096s' x >"$hf_check" || hf_check=/dev/null
    if holds before; then
      true >"$hf_job/unchanged"
      ended 0
      return
    fi
    if [ -n "$hf_refused" ]; then
      true >"$hf_job/refused"
      ended 1
      return
    fi
    OUTPUT=$hf_dir/$hf_job/output
  fi
  runs script "$hf_shell" </dev/null 2>&5 5>&-
  hf_rc=$?
  if [ -n "$hf_refused" ]; then
    true >"$hf_job/refused"
    ended $hf_rc
    return
  fi
  if [ -n "$hf_doneshell" ] && [ $hf_rc = 0 ]; then
    uptime
    hf_limit=$((hf_up + hf_within))
    until holds after; do
      uptime
      if [ -e "$hf_job/stop" ] || [ "$hf_up" -ge "$hf_limit" ]; then
        true >"$hf_job/undone"
        break
      fi
      sleep "$hf_every" || sleep 1
    done
  fi
  ended $hf_rc
}
if [ -n "$hf_become" ]; then
  . "./lib/$hf_become.sh"
fi
{
  trap 'true' TERM INT HUP
  { phases 5>&2 2>/dev/null; } 2>&1 >&4 4>&- | {
    trap '' TERM INT HUP XFSZ
    ulimit -f $hf_kept
    exec tee -a "$hf_job/err" >/dev/null 2>&1 4>&-
  } || true >"$hf_job/err.cut"
} 4>&1 | {
  trap '' TERM INT HUP XFSZ
  ulimit -f $hf_kept
  exec tee -a "$hf_job/out" >/dev/null 2>&1
} || true >"$hf_job/out.cut"
true >"$hf_job/drained"
`.replaceAll('\\${', '${');

export const supervisorDigest = sha256(supervisorText);
