import type { Place } from './attemptText.ts';
import { lookingText } from './looking.ts';
import { quoted } from './shell.ts';

const programText = String.raw`
hf_keeps() {
  for hf_j in "$hf_dir"/*; do
    [ -d "$hf_j" ] && [ "$hf_j" != "$hf_dir/lib" ] || continue
    mkdir "$hf_j/go" && continue
    [ -d "$hf_j/go" ] || return 0
    hf_see
    [ -z "$hf_rc$hf_never" ] || continue
    if hf_lives "$hf_j" || hf_session "$hf_j"; then return 0; fi
  done
  return 1
}
hf_main() {
  if ! hf_place; then hf_say end "left="; return; fi
  for hf_f in "$hf_dir"/epoch.*; do
    [ "\${hf_f##*/epoch.}" -gt "$hf_epoch" ] && hf_newer=1
  done
  if [ -n "$hf_newer" ] || hf_keeps; then hf_say end left=1; return; fi
  rm -f "$hf_dir/token.$hf_token"
  for hf_f in "$hf_dir"/*/spot; do
    [ -L "$hf_f" ] && rm -rf "$(readlink "$hf_f")"
  done
  if rm -rf "$hf_dir"; then hf_say end "left="; else hf_say end left=1; fi
}
hf_main 2>/dev/null
`.replaceAll('\\${', '${');

/**
 * Removes the run's directory, tombstones and all, for a run that has ended. It stays (`left=1`) while processes of one of
 * its jobs live, or where a newer walk of the run has been. First every `go` that is still free is taken and then the
 * token goes, so that a launch which arrives meanwhile starts nothing.
 */
export function closeText(closing: {
  readonly mark: string;
  readonly place: Place;
  readonly epoch: number;
}): string {
  const { mark, place, epoch } = closing;
  return [
    `hf_mark=${quoted(mark)} hf_dir=${quoted(place.directory)} hf_token=${quoted(place.token)} hf_epoch=${epoch}`,
    lookingText,
    programText,
  ].join('\n');
}
