import type { Place } from './attemptText.ts';
import { lookingText } from './looking.ts';
import { quoted } from './shell.ts';

/** Signals a session: all of it, or (`sup`) all but the supervisor's own, see `stopText`. */
const sweepText = String.raw`
hf_sweep() {
  if read -r hf_l <"/proc/$1/stat"; then
    hf_lead=$1 hf_leadstart=$2 hf_own=$3
    set -- \${hf_l##*) }
    [ -z "$hf_leadstart" ] || [ "\${20}" = "$hf_leadstart" ] || return
    set -- "$hf_lead" "$hf_leadstart" "$hf_own"
  fi
  hf_lead=$1 hf_own=$3 hf_kids=' '
  for hf_p in /proc/[0-9]*/stat; do
    [ "$hf_own" = sup ] || break
    read -r hf_l <"$hf_p" || continue
    set -- \${hf_l##*) }
    [ "$2" = "$hf_lead" ] && hf_kids="$hf_kids\${hf_l%% *} "
  done
  for hf_p in /proc/[0-9]*/stat; do
    read -r hf_l <"$hf_p" || continue
    hf_q=\${hf_l%% *}
    set -- \${hf_l##*) }
    [ "$4" = "$hf_lead" ] || continue
    if [ "$hf_own" = sup ]; then
      [ "$hf_q" = "$hf_lead" ] || [ "$2" = "$hf_lead" ] && continue
      case $hf_kids in *" $2 "*) continue ;; esac
    fi
    kill -"$hf_sig" "$hf_q"
  done
}
`.replaceAll('\\${', '${');

const programText = String.raw`
hf_signal() {
  hf_sessions=
  for hf_c in "$hf_j"/sup.* "$hf_j"/ses.*; do
    hf_name "$hf_c" || continue
    hf_own=\${hf_c##*/}
    hf_own=\${hf_own%%.*}
    hf_sessions="$hf_sessions$hf_sid:$hf_sidstart:$hf_own,"
    hf_sweep "$hf_sid" "$hf_sidstart" "$hf_own"
  done
}
hf_main() {
  if ! hf_place; then hf_act=unknown; hf_report end; return; fi
  hf_see
  if [ "$hf_job" != taken ]; then
    [ -d "$hf_j" ] || mkdir "$hf_j"
    if mkdir "$hf_j/go"; then true >"$hf_j/never"; fi
    hf_see
  fi
  if [ -n "$hf_rc" ]; then hf_act=done; hf_report end; return; fi
  if [ -n "$hf_never" ]; then hf_act=never; hf_report end; return; fi
  true >"$hf_j/stop.$hf_reason"
  true >"$hf_j/stop"
  hf_signal
  hf_act=follow
  hf_report end "sessions=$hf_sessions"
}
hf_main 2>/dev/null
`.replaceAll('\\${', '${');

/**
 * Stops a job. Where no supervisor has taken `go`, takes it, which proves that nothing runs. Else says why in the job's
 * directory and signals every process of the job's session except the supervisor's own, which stays to write `rc`:
 * those whose parent is the session's leader, or a child of it, are its shells and tees; the script is one deeper.
 */
export function stopText(stop: {
  readonly mark: string;
  readonly place: Place;
  readonly job: string;
  readonly reason: 'timed_out' | 'cancelled';
  readonly signal: 'TERM' | 'KILL';
}): string {
  return [
    `hf_mark=${quoted(stop.mark)} hf_dir=${quoted(stop.place.directory)} hf_token=${quoted(stop.place.token)}`,
    `hf_j="$hf_dir/${stop.job}" hf_reason=${stop.reason} hf_sig=${stop.signal}`,
    lookingText,
    sweepText,
    programText,
  ].join('\n');
}

/** The same signal to what of these sessions (`stopText` answers them) belongs to another user, who runs this. */
export function sweepAs(sessions: string, signal: 'TERM' | 'KILL'): string {
  const calls = sessions
    .split(',')
    .filter((session) => /^\d+:\d*:(sup|ses)$/.test(session))
    .map((session) => `hf_sweep ${session.split(':').map(quoted).join(' ')}`);
  return ['exec 2>/dev/null', `hf_sig=${signal}`, sweepText, ...calls, 'exit 0', ''].join('\n');
}

/**
 * Empties the directories of jobs whose end is in the ledger. Each stays, with `go` in it, as a tombstone: without it a
 * worker that was stalled all the while could start the script again.
 */
export function emptyText(place: Place, jobs: readonly string[]): string {
  const globs = jobs.map((job) => `${quoted(`${place.directory}/${job}`)}/*`).join(' ');
  return `[ -e ${quoted(`${place.directory}/token.${place.token}`)} ] && rm -f ${globs} 2>/dev/null\n`;
}
