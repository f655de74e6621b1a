/**
 * What every program sent to a host begins with: how it speaks, and how it tells what became of a job.
 * All names begin with `hf_`, as the shell it runs in is kept and used again. Builtins only: each process on the host
 * costs about a millisecond. `set --` within a function changes that function's arguments alone.
 *
 * A process lives when boot id, pid and start time (field 22 of /proc/PID/stat, proc(5)) are those in the name of
 * its `sup.` file, and it is no zombie. A session lives while any process carries its id, unless its leader's pid has
 * been given to a process that started at another time. Those of another user (`ses.` and `spot`, see `becomeText.ts`) can't be seen
 * where /proc hides them (`hidepid`): there they count as alive.
 */
export const lookingText = String.raw`
hf_say() { printf '%s%s\n' "$hf_mark" "$*"; }
hf_uptime() {
  read -r hf_up hf_rest </proc/uptime
  hf_up=\${hf_up%.*}\${hf_up#*.}
}
hf_name() {
  hf_n=\${1##*/s[eu][sp].}
  [ "\${hf_n%%.*}" = "$hf_boot" ] || return 1
  hf_n=\${hf_n#*.}; hf_pid=\${hf_n%%.*}
  hf_n=\${hf_n#*.}; hf_start=\${hf_n%%.*}
  hf_n=\${hf_n#*.}; hf_sid=\${hf_n%%.*}
  hf_sidstart=\${hf_n#*.}
}
hf_lives() {
  for hf_f in "$1"/sup.*; do
    hf_name "$hf_f" || continue
    read -r hf_l <"/proc/$hf_pid/stat" || continue
    set -- "$1" \${hf_l##*) }
    [ "\${21}" = "$hf_start" ] && [ "$2" != Z ] && [ "$2" != X ] && return 0
  done
  return 1
}
hf_session() {
  for hf_f in "$1"/sup.* "$1"/ses.*; do
    hf_name "$hf_f" || continue
    if read -r hf_l <"/proc/$hf_sid/stat"; then
      set -- "$1" \${hf_l##*) }
      [ "\${21}" = "$hf_sidstart" ] || continue
    fi
    for hf_p in /proc/[0-9]*/stat; do
      read -r hf_l <"$hf_p" || continue
      set -- "$1" \${hf_l##*) }
      [ "$5" = "$hf_sid" ] && [ "$2" != Z ] && [ "$2" != X ] && return 0
    done
  done
  [ -L "$1/spot" ] && ! read -r hf_l </proc/1/stat
}
hf_see() {
  hf_rc= hf_job=absent hf_never=
  [ -d "$hf_j" ] || return
  hf_job=known
  [ -d "$hf_j/go" ] && hf_job=taken
  [ -e "$hf_j/never" ] && hf_never=1
  for hf_f in "$hf_j"/rc.*; do
    [ -e "$hf_f" ] && hf_rc=\${hf_f##*/rc.}
  done
}
hf_place() {
  read -r hf_boot </proc/sys/kernel/random/boot_id
  hf_place=intact hf_job=absent hf_rc= hf_never= hf_newer= hf_sup= hf_ses= hf_old= hf_who=
  if ! [ -d "$hf_dir" ]; then
    hf_place=missing
  elif ! [ -e "$hf_dir/token.$hf_token" ]; then
    hf_place=other
  else
    return 0
  fi
  return 1
}
hf_older() {
  for hf_o in $hf_olds; do
    mkdir "$hf_dir/$hf_o"
    if mkdir "$hf_dir/$hf_o/go"; then continue; fi
    [ -d "$hf_dir/$hf_o/go" ] || { hf_why=space; return 1; }
    for hf_r in "$hf_dir/$hf_o"/rc.*; do
      [ -e "$hf_r" ] && continue 2
    done
    if hf_lives "$hf_dir/$hf_o" || hf_session "$hf_dir/$hf_o"; then hf_old=1 hf_who=$hf_sid; fi
  done
}
hf_decide() {
  hf_why=
  if ! hf_place; then
    hf_act=unknown
    return
  fi
  hf_see
  if [ "$hf_job" = taken ] && [ -z "$hf_rc$hf_never" ]; then
    if hf_lives "$hf_j"; then
      hf_sup=1
    else
      hf_see
      [ -z "$hf_rc$hf_never" ] && hf_session "$hf_j" && hf_ses=1 hf_who=$hf_sid
    fi
  fi
  if [ -n "$hf_rc" ]; then hf_act=done; return; fi
  if [ -n "$hf_never" ]; then hf_act=never; return; fi
  for hf_f in "$hf_dir"/epoch.*; do
    [ "\${hf_f##*/epoch.}" -gt "$hf_epoch" ] && hf_newer=1
  done
  if [ -n "$hf_newer" ]; then hf_act=refuse; return; fi
  if [ "$hf_job" = taken ]; then
    if [ -n "$hf_sup" ]; then hf_act=follow; else hf_act=unknown; fi
    return
  fi
  if [ -n "$hf_recorded" ] && [ "$hf_recorded" != "$hf_boot" ]; then hf_act=unknown; return; fi
  if ! hf_older || [ -n "$hf_old" ]; then hf_act=refuse; return; fi
  if [ "$hf_job" = absent ]; then hf_act=start; else hf_act=supervise; fi
}
hf_report() {
  hf_say "$1" act=$hf_act place=$hf_place newer=$hf_newer boot=$hf_boot job=$hf_job rc=$hf_rc never=$hf_never \
    sup=$hf_sup ses=$hf_ses old=$hf_old who=$hf_who why=$hf_why $2
}
`.replaceAll('\\${', '${');
