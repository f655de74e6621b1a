import { sha256 } from './shell.ts';

/**
 * What the supervisor sources where a program of the job runs as another user, by sudo. The supervisor itself stays the login user's:
 * the job's directory, `go` and `rc.N` are where they always are, and only the program is somebody else's process.
 *
 * Its stdin says, as shell text that ends with `hf_whole=1`: as whom (`hf_as_script`, `hf_as_done`), the passwords, the files of each program, the
 * environment, and `hf_secret`. That is never in a file, an argument or an environment.
 *
 * - sudo hands on 0, 1 and 2 and no other file. So the program, its environment before it, comes by stdin; a shell reads all of it, sees
 *   that it is whole, and becomes the program's shell, which reads the script from a pipe of its own user's and has an empty stdin.
 * - `listens` reads sudo's stderr until the program begins. A prompt is answered with the password, once: a second prompt says that
 *   it is wrong, and sudo finds its stdin at its end. So sudo is given a password only where it asks for one, and nothing of
 *   the program before it has let us in. `began` says that it has.
 * - With a pseudo-terminal (`use_pty`) or with its logs sudo gives the program a session of its own: `ses.…` names it.
 * - Another user can't enter the job's directory. `$OUTPUT` is a file with a secret name in a folder that all can pass
 *   through and none but the login user can list; it is taken home when the program has ended.
 */
export const becomeText = String.raw`
eval "$(cat)"
[ "$hf_whole" = 1 ] || exit 0
hf_prompt=holdfast-$hf_nonce-asks hf_end=holdfast-$hf_nonce-end
hf_newline='
'
hf_boot_text='unset LC_ALL
read -r hf_s </proc/self/stat
printf "%s %s\n" "$0" "$hf_s" >&2
hf_p=$(cat)
case $hf_p in
  *"
$0
$0") eval "$hf_p" ;;
  *) exit 143 ;;
esac'

opens_spot() {
  hf_mask=$(umask)
  umask 0
  for hf_at in /tmp /var/tmp /dev/shm; do
    hf_spot=$hf_at/holdfast-$hf_nonce
    mkdir -m 711 "$hf_spot" 2>/dev/null || continue
    if printf '%4096s' x >"$hf_spot/$hf_secret" && ln -s "$hf_spot" "$hf_job/spot"; then
      umask "$hf_mask"
      return
    fi
    rm -rf "$hf_spot"
  done
  umask "$hf_mask"
  return 1
}
closes_spot() {
  [ -z "$hf_spot" ] || rm -rf "$hf_spot" "$hf_job/spot"
}
listens() {
  trap '' TERM INT HUP
  exec 7>"$hf_job/word"
  hf_said= hf_asked=
  while IFS= read -r hf_line; do
    case $hf_line in
      *"$hf_prompt")
        if [ -n "$hf_asked" ] || [ -z "$hf_password" ]; then echo no >&7; else echo ask >&7; fi
        hf_asked=1 ;;
      "$hf_end "*)
        set -- \${hf_line##*) }
        if [ "$4" != "$$" ]; then
          hf_session=$4
          hf_pid=\${hf_line#"$hf_end "} hf_pid=\${hf_pid%% *} hf_start=\${20}
          read -r hf_line <"/proc/$hf_session/stat"
          set -- \${hf_line##*) }
          true >"$hf_job/ses.$hf_boot.$hf_pid.$hf_start.$hf_session.\${20}"
        fi
        echo go >&7
        exec 7>&-
        exec cat >&2 ;;
      *) hf_said=$hf_said$hf_line$hf_newline ;;
    esac
  done
  printf '%s' "$hf_said" >&2
}
program() {
  printf '%s\n' "$hf_environment" "export OUTPUT='$hf_spot/$hf_secret'" 'cd "\${HOME:-/}" 2>/dev/null || cd /'
  printf "exec %s /proc/self/fd/8 8<<'%s' </dev/null\n" "$1" "$hf_end"
  for hf_file in $hf_files; do
    cat "$hf_file"
    echo
  done
  printf '%s\n%s' "$hf_end" "$hf_end"
}
feeds() {
  trap '' TERM INT HUP
  while read -r hf_word; do
    case $hf_word in
      ask) printf '%s\n' "$hf_password" ;;
      go)
        true >"$hf_job/began" && program "$1"
        return ;;
      *) return ;;
    esac
  done <"$hf_job/word"
}
asks_sudo() {
  export LC_ALL=C
  if [ -z "$hf_password" ]; then
    exec sudo -H -n -u "$hf_user" -- sh -c "$hf_boot_text" "$hf_end"
  fi
  exec sudo -H -S -k -p "$hf_prompt$hf_newline" -u "$hf_user" -- sh -c "$hf_boot_text" "$hf_end"
}
runs() {
  case $1 in
    script) hf_user=$hf_as_script hf_password=$hf_password_script hf_files=$hf_files_script ;;
    *) hf_user=$hf_as_done hf_password=$hf_password_done hf_files=$hf_files_done ;;
  esac
  if [ -z "$hf_user" ]; then
    runs_plainly "$1" "$2"
    return
  fi
  if [ -z "$hf_spot" ] && ! opens_spot; then
    hf_spot= hf_refused=1
    echo "holdfast: none of /tmp, /var/tmp and /dev/shm takes a file for what $hf_user writes to \$OUTPUT" >&2
    return 1
  fi
  true >"$hf_spot/$hf_secret"
  mkfifo "$hf_job/tells" "$hf_job/word"
  listens <"$hf_job/tells" >/dev/null &
  feeds "$2" | ( asks_sudo ) 2>"$hf_job/tells"
  hf_status=$?
  true <>"$hf_job/tells"
  [ -e "$hf_job/began" ] || hf_refused=1
  rm -f "$hf_job/tells" "$hf_job/word" "$hf_job/began"
  if [ -s "$hf_spot/$hf_secret" ] && ! head -c ${65537} "$hf_spot/$hf_secret" >"$OUTPUT"; then
    echo "holdfast: what was written to \$OUTPUT can't be kept: the disk is full" >&2
    [ $hf_status != 0 ] || hf_status=1
  fi
  return $hf_status
}
`.replaceAll('\\${', '${');

export const becomeDigest = sha256(becomeText);
