# Other programs for a member that has data: looking beforehand, changing them, going back.

# What must be known of a member before its programs are changed for those that $SOURCE holds.
etcd_upgrade_look() {
  local running offered v2 flags
  etcd_everyone_serves && etcd_none_unstarted && etcd_no_alarm && etcd_no_force_flag && etcd_is_run_as_said || return
  etcd_programs >/dev/null && offered=$(etcd_version_of "$SOURCE") && running=$(ctl_field Version endpoint status) || return
  etcd_users_may_stay "$running" "$offered" && etcd_peer_can_be_asked || return
  v2=$(etcd_v2) && flags=$(etcd_unknown_flags "$SOURCE") || return
  out running "$running"
  out offered "$offered"
  out leads "$(etcd_yes etcd_leads)"
  out learner "$(etcd_yes [ "$(etcd_list | etcd_pick 6 3 "$NAME")" = learner ])"
  out v2_keys "${v2% *}"
  out v2_left "$(etcd_v2_left)"
  out unknown_flags "$flags"
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 256))"
}

# etcd_users_may_stay FROM TO: from 3.4 to 3.5 the log's form for etcd's own users changes: with them on no cluster goes there one member at
# a time. Whether they are on is asked by somebody who is none of them (`auth status` came with 3.5).
etcd_users_may_stay() {
  local text
  etcd_minor_is_less "$1" 3.5.0 && ! etcd_minor_is_less "$2" 3.5.0 || return 0
  text=$(LOGIN=nobody PASSWORD=none && ctl get holdfast --limit=1 2>&1) && return 0
  case $text in
    *'authentication is not enabled'*) ;;
    *'invalid user ID or password'*) because "etcd's own users are on: with them no cluster goes from 3.4 to 3.5 one member at a time"; return 1 ;;
    *) because "whether etcd's own users are on can't be told: $(printf '%s\n' "$text" | tail -n 1)"; return 1 ;;
  esac
}

# What 3.5 finds of v2 keys in the snapshot and the log, deleted ones too; nothing where there is none. 3.6 does not start on them: seen
# with 3.6.16, which ended in a panic on a key that had been written and deleted. etcdutl looks into the log from 3.5.32 on.
etcd_v2_left() {
  local wal text
  etcd_at_least 3.5 && etcd_takes_v2_flag || return 0
  [ -x "$HOME_PATH/bin/etcdutl" ] || { echo "unknown: $HOME_PATH/bin holds no etcdutl"; return 0; }
  wal=$(etcd_wal_of "$HOME_PATH")
  text=$("$HOME_PATH/bin/etcdutl" check v2store --data-dir "$HOME_PATH/data" --wal-dir "$wal" 2>&1) || :
  case $text in *'No custom content found in both v2store and WAL records'*) return 0 ;; esac
  printf '%s\n' "$text" | tail -n 1
}

# etcd_forget_v2: v2 keys that were deleted leave the log when a raft snapshot is written without them.
etcd_forget_v2() {
  etcd_everyone_serves && etcd_step_aside && etcd_down && etcd_up --snapshot-count 1 && etcd_wait || return
  etcd_write_singly "holdfast-probe/$RUN/$NAME" 30 && etcd_probe_clean "holdfast-probe/$RUN/$NAME" || return
  etcd_settle
}

etcd_v2_is_forgotten() {
  local left
  left=$(etcd_v2_left)
  [ -z "$left" ] || { because "$left"; return 1; }
  etcd_serves && etcd_runs_plain
}

# The flags of the start file that the etcd in FOLDER does not know. --enable-v2 is taken out where it is not known.
etcd_unknown_flags() {
  local help flag unknown=''
  help=$("$1/etcd" --help 2>&1) || :
  for flag in $(grep -v '^[[:space:]]*#' "$HOME_PATH/bin/start" | grep -oE -e '--[a-z][a-z0-9-]+' | sort -u); do
    [ "$flag" != --enable-v2 ] || continue
    printf '%s\n' "$help" | grep -qE -e "(^|[^a-z0-9-])$flag([^a-z0-9-]|\$)" || unknown="$unknown $flag"
  done
  echo "${unknown# }"
}

# etcd_change_programs VERSION: from those in bin to those in $SOURCE. The old programs and the start file are kept in bin/before-RUN.
etcd_change_programs() {
  local kept="$HOME_PATH/bin/before-$RUN"
  [ "$(etcd_version_of "$SOURCE")" = "$1" ] || { because "$SOURCE holds etcd $(etcd_version_of "$SOURCE"), not $1"; return 1; }
  if [ ! -d "$kept" ]; then
    rm -rf "$kept.part" && mkdir "$kept.part" && cp -p "$HOME_PATH/bin/etcd" "$HOME_PATH/bin/etcdctl" "$HOME_PATH/bin/start" "$kept.part/" || return
    [ ! -x "$HOME_PATH/bin/etcdutl" ] || cp -p "$HOME_PATH/bin/etcdutl" "$kept.part/" || return
    mv "$kept.part" "$kept" || return
  fi
  etcd_step_aside && etcd_down && etcd_install_programs && etcd_fit_start_file && etcd_up && etcd_wait
}

# Whoever stops a leader lets another lead first; alone there is nobody to hand over to.
etcd_step_aside() {
  ! { etcd_leads && [ "$(etcd_list | grep -c .)" -gt 1 ]; } 2>/dev/null || etcd_hand_over
}

# --enable-v2 is gone in 3.6, which does not start with it.
etcd_fit_start_file() {
  ! etcd_takes_v2_flag || return 0
  sed -e '/^[[:space:]]*#/!s/[[:space:]]*--enable-v2\(=[^[:space:]]*\|[[:space:]]\+'"'"'[a-z]*'"'"'\)\{0,1\}//' "$HOME_PATH/bin/start" >"$HOME_PATH/bin/.start.new" &&
    chmod 755 "$HOME_PATH/bin/.start.new" && mv "$HOME_PATH/bin/.start.new" "$HOME_PATH/bin/start"
}

# etcd_runs VERSION: this member serves, with that version.
etcd_runs() {
  local running
  etcd_serves && running=$(ctl_field Version endpoint status) || return
  [ "$running" = "$1" ] || { because "$NAME runs $running, not $1"; return 1; }
  [ "$(etcd_version)" = "$1" ] || { because "$HOME_PATH/bin holds $(etcd_version), not $1"; return 1; }
}

# Back to the programs that were kept. Once every member runs a newer minor the cluster is of that version, and an older etcd refuses
# its data: so only while another member runs the older one, or this one never came up.
etcd_change_back() {
  local kept="$HOME_PATH/bin/before-$RUN" old
  [ -d "$kept" ] || return 0
  old=$(etcd_version_of "$kept") || return
  if etcd_minor_is_less "$old" "$(etcd_version)" && etcd_serves 2>/dev/null; then
    etcd_another_runs "$old" || { because "every member runs a newer minor than $old, and etcd $old refuses their data: from 3.6 on there is etcd/downgrade"; return 1; }
  fi
  etcd_step_aside && etcd_down && rm -f "$HOME_PATH/bin/etcdutl" && cp -p "$kept"/* "$HOME_PATH/bin/" && etcd_up && etcd_wait
}

# etcd_another_runs VERSION: another member runs that minor version.
etcd_another_runs() {
  local list client running
  list=$(etcd_list) || return
  for client in $(printf '%s\n' "$list" | awk -F '|' -v me="$NAME" '$3 != me && $5 != "" { split($5, urls, ","); print urls[1] }'); do
    running=$(ENDPOINT=$client && ctl_field Version endpoint status) || continue
    [ "${running%.*}" != "${1%.*}" ] || return 0
  done
  return 1
}

# etcd_minor_is_less A B: 3.5.16 is less than 3.6.0, and not than 3.5.35.
etcd_minor_is_less() { awk -v a="$1" -v b="$2" 'BEGIN { split(a, x, "."); split(b, y, "."); exit !(x[1] < y[1] || x[1] == y[1] && x[2] + 0 < y[2] + 0) }'; }

# etcd_enable_downgrade VERSION: the cluster is told that older members will come. From 3.6 on.
etcd_enable_downgrade() {
  local minor="${1%.*}" text
  ! etcd_downgrade_is_on "$1" 2>/dev/null || return 0
  { text=$(ctl_within 30s downgrade validate "$minor" 2>&1) && text=$(ctl_within 30s downgrade enable "$minor" 2>&1); } ||
    { because "no downgrade to $minor: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
}

# etcd_downgrade_is_on VERSION: this member expects it, and has its data in the older form.
etcd_downgrade_is_on() {
  local target storage
  target=$(ctl_field DowngradeTargetVersion endpoint status) && storage=$(ctl_field StorageVersion endpoint status) || return
  [ "${target%.*}" = "${1%.*}" ] || { because "$NAME expects no downgrade to ${1%.*}"; return 1; }
  [ "${storage%.*}" = "${1%.*}" ] || { because "the data of $NAME is still of $storage"; return 75; }
}

etcd_cancel_downgrade() {
  local text
  text=$(ctl_within 30s downgrade cancel 2>&1) ||
    case $text in *'not downgrading'* | *'no inflight downgrade'*) ;; *) because "the downgrade is not cancelled: $(printf '%s\n' "$text" | tail -n 1)"; return 1 ;; esac
}
