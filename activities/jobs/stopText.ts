import type { Place } from './attemptText.ts';
import { lookingText } from './looking.ts';
import { quoted } from './shell.ts';

const programText = String.raw`
hf_signal() {
  for hf_c in "$hf_j"/sup.*; do
    hf_name "$hf_c" || continue
    if read -r hf_l <"/proc/$hf_sid/stat"; then
      set -- \${hf_l##*) }
      [ "\${20}" = "$hf_sidstart" ] || continue
    fi
    hf_kids=' '
    for hf_p in /proc/[0-9]*/stat; do
      read -r hf_l <"$hf_p" || continue
      set -- \${hf_l##*) }
      [ "$2" = "$hf_sid" ] && hf_kids="$hf_kids\${hf_l%% *} "
    done
    for hf_p in /proc/[0-9]*/stat; do
      read -r hf_l <"$hf_p" || continue
      hf_q=\${hf_l%% *}
      set -- \${hf_l##*) }
      [ "$4" = "$hf_sid" ] || continue
      [ "$hf_q" = "$hf_sid" ] || [ "$2" = "$hf_sid" ] && continue
      case $hf_kids in *" $2 "*) continue ;; esac
      kill -"$hf_sig" "$hf_q"
    done
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
  hf_report end
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
    programText,
  ].join('\n');
}

/**
 * Empties the directories of jobs whose end is in the ledger. Each stays, with `go` in it, as a tombstone: without it a
 * worker that was stalled all the while could start the script again.
 */
export function emptyText(place: Place, jobs: readonly string[]): string {
  const globs = jobs.map((job) => `${quoted(`${place.directory}/${job}`)}/*`).join(' ');
  return `[ -e ${quoted(`${place.directory}/token.${place.token}`)} ] && rm -f ${globs} 2>/dev/null\n`;
}
