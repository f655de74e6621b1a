# Looking at a host whose member may be in any state, and before anything is done. Changes nothing.

# etcd_triage: every output is written, whatever is missing. Probes are short: of dead members each would wait its full time.
etcd_triage() {
  local serves=false answers=false alarms='' unstarted=0 list='' PATIENCE=1s
  etcd_homes_are_paths || return
  if [ -x "$HOME_PATH/bin/etcdctl" ] && etcd_port_is_open "$CLIENT"; then
    if etcd_serves 2>/dev/null; then serves=true answers=true
    elif etcd_answers 2>/dev/null; then answers=true; fi
  fi
  if [ $serves = true ]; then
    alarms=$(etcd_alarms 2>/dev/null) || alarms=unknown
    list=$(etcd_list 2>/dev/null) || list=''
    unstarted=$(printf '%s\n' "$list" | awk -F '|' 'NF && $3 == "" { n++ } END { print n + 0 }')
  fi
  out running "$(etcd_yes [ -n "$(etcd_pids)" ])"
  out serves "$serves"
  out answers "$answers"
  out has_data "$(etcd_yes etcd_has_data "$OLD_HOME")"
  out free_mb "$(etcd_free_mb)"
  out disk_full "$(etcd_yes [ "$(etcd_free_mb)" -lt 64 ])"        # etcd sets 64 MB aside for each WAL file
  out alarms "$alarms"
  out stale_flag "$(etcd_yes etcd_flag_is_stale)"
  out unstarted "$unstarted"
  out log "$(etcd_log_reason)"
}

# etcd_yes COMMAND…: true or false
etcd_yes() { if "$@" 2>/dev/null; then echo true; else echo false; fi; }

etcd_flag_is_stale() {
  [ -z "$(etcd_files_with_force_flag)" ] || return 0
  [ -n "$(etcd_pids)" ] && ! etcd_runs_plain
}

# Free megabytes where the member lives, or would live.
etcd_free_mb() {
  local dir="$HOME_PATH"
  while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
  df -Pk "$dir" | awk 'NR == 2 { print int($4 / 1024) }'
}

# Megabytes of the old data and WAL, without the empty WAL files that etcd keeps ready.
etcd_data_mb() {
  { find "$OLD_HOME/data" "$OLD_HOME/wal" -type f ! -name '*.tmp' -exec du -k {} + 2>/dev/null || :; } | awk '{ kb += $1 } END { print int(kb / 1024) + 1 }'
}

# etcd_preflight: what must be right on a host before a member on it is stopped.
etcd_preflight() {
  local has_data=false path
  etcd_homes_are_paths || return
  etcd_version >/dev/null && [ -x "$HOME_PATH/bin/etcdctl" ] || { because "no etcd and etcdctl that run in $HOME_PATH/bin: etcd/install puts them there"; return 1; }
  for path in "$HOME_PATH" "$HOME_PATH/logs" "$OLD_HOME/data" "$OLD_HOME/wal"; do
    [ -e "$path" ] || continue
    [ -O "$path" ] && [ -w "$path" ] || { because "$path does not belong to user $(id -un), as whom this runs"; return 1; }
  done
  { command -v setsid && command -v sha256sum; } >/dev/null || { because "setsid and sha256sum must be on this host"; return 1; }
  etcd_not_under_systemd && etcd_ports_are_ours || return
  ! etcd_has_data "$OLD_HOME" || has_data=true
  out version "$(etcd_version)"
  out clock "$(date +%s)"
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 128))"
  out has_data "$has_data"
}

# A unit would start again what is stopped here.
etcd_not_under_systemd() {
  local pid
  for pid in $(etcd_pids); do
    ! grep -qs 'etcd[^/]*\.service' "/proc/$pid/cgroup" || { because "etcd runs as a systemd unit here: stop and disable the unit first, it would start what is stopped"; return 1; }
  done
}

# etcd_port_is_open URL: does anything listen on this host at that URL?
etcd_port_is_open() {
  local at="${1#*://}"
  etcd_listens "${at%:*}" "${at##*:}"
}

# The member's ports are its own, or free.
etcd_ports_are_ours() {
  local url
  [ -z "$(etcd_pids)" ] || return 0
  for url in "$PEER" $(echo "$LISTEN" | tr ',' ' '); do
    ! etcd_port_is_open "$url" || { because "another process listens on $url"; return 1; }
  done
}

# etcd_silent URLS…: nobody answers there. A member said to be dead that lives would go on with the old cluster.
etcd_silent() {
  local url
  for url in "$@"; do
    ! (ENDPOINT=$url PATIENCE=1s && etcd_answers) 2>/dev/null || { because "$url answers, though it was said to be gone"; return 1; }
  done
}
