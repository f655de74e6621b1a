# Looking at a host whose member may be in any state, and before anything is done. Changes nothing.

# etcd_triage NAME=PEER…: every output is written, whatever is missing. The arguments are the members that there should be; $ALL names
# those that are said to be gone too. Probes are short:
# of dead members each would wait its full time. The clock is read first: hosts are asked at once, and take differently long.
etcd_triage() {
  local serves=false answers=false running free alarms='' list='' status='' revision version refusal='' PATIENCE=1s
  etcd_homes_are_paths || return
  out clock "$(date +%s)"
  [ -z "$LOGIN" ] || PATIENCE=3s               # to log in takes etcd a tenth of a second of its processor
  if [ -x "$HOME_PATH/bin/etcdctl" ] && etcd_port_is_open "$CLIENT"; then
    if refusal=$(etcd_serves 2>&1); then serves=true answers=true refusal=''
    elif etcd_answers 2>/dev/null; then answers=true; fi
  fi
  if [ $serves = true ]; then
    alarms=$(etcd_alarms 2>/dev/null) || alarms=unknown
    list=$(etcd_list 2>/dev/null) || list=''
    status=$(ctl endpoint status -w fields 2>/dev/null) || status=''
  fi
  running=$(etcd_yes etcd_stays "$answers")
  out running "$running"
  out serves "$serves"
  out answers "$answers"
  out has_data "$(if etcd_has_data "$HOME_PATH"; then echo true; else etcd_yes etcd_has_data "$OLD_HOME"; fi)"
  free=$(etcd_free_mb)
  out free_mb "$free"
  out disk_full "$(etcd_yes [ "$free" -lt 64 ])"        # etcd sets 64 MB aside for each WAL file
  out alarms "$alarms"
  out stale_flag "$(etcd_yes etcd_flag_is_stale)"
  out damaged "$([ "$running" = true ] && echo false || etcd_yes etcd_is_damaged)"
  out expired "$(etcd_expired_by "$refusal")"
  out expiring "$(etcd_expiring)"
  version=$(printf '%s\n' "$status" | etcd_field Version)
  out version "${version:-$(etcd_version 2>/dev/null)}"          # what runs, before what lies there
  out downgrade_to "$(printf '%s\n' "$status" | etcd_field DowngradeTargetVersion)"      # from 3.6 on
  revision=$(printf '%s\n' "$status" | etcd_field Revision)
  out revision "${revision:-0}"
  out cluster "$(printf '%s\n' "$status" | etcd_field ClusterID)"
  out unstarted "$([ -z "$list" ] || one_line "$(printf '%s\n' "$list" | awk -F '|' '$3 == "" { print $4 }')")"
  out not_listed "$([ -z "$list" ] || one_line "$(printf '%s\n' "$list" | etcd_list_lacks "$@")")"
  out wrong_peer "$([ -z "$list" ] || one_line "$(printf '%s\n' "$list" | etcd_list_has_wrong "$@")")"
  out others "$([ -z "$list" ] || one_line "$(printf '%s\n' "$list" | etcd_list_others $ALL)")"
  out log "$(etcd_log_reason)"
}

# etcd_stays ANSWERS: it runs. One that its unit starts again and again, and that ends each time, does not.
etcd_stays() {
  local pids
  pids=$(etcd_pids)
  [ -n "$pids" ] || return 1
  [ -z "$UNIT" ] || [ "$1" = true ] || { sleep 2; [ "$(etcd_pids)" = "$pids" ]; }
}

# etcd_list_lacks NAME=PEER… < list: the names of those that are not in it, neither by name nor (who has not started) by peer URL.
etcd_list_lacks() {
  awk -F '|' -v expected="$*" '{ names[$3]; n = split($4, urls, ","); for (i = 1; i <= n; i++) peers[urls[i]] }
    END { n = split(expected, all, " "); for (i = 1; i <= n; i++) { name = all[i]; peer = all[i]; sub(/=.*/, "", name); sub(/^[^=]*=/, "", peer)
      if (!(name in names) && !(peer in peers)) print name } }'
}

# etcd_list_has_wrong NAME=PEER… < list: the names of those that are registered with other peer URLs alone.
etcd_list_has_wrong() {
  awk -F '|' -v expected="$*" 'BEGIN { n = split(expected, all, " "); for (i = 1; i <= n; i++) { name = all[i]; peer = all[i]; sub(/=.*/, "", name); sub(/^[^=]*=/, "", peer); want[name] = peer } }
    $3 in want && index("," $4 ",", "," want[$3] ",") == 0 { print $3 }'
}

# etcd_list_others NAME… < list: the names of those that have started and are none of these.
etcd_list_others() {
  awk -F '|' -v expected="$*" 'BEGIN { n = split(expected, all, " "); for (i = 1; i <= n; i++) want[all[i]] } $3 != "" && !($3 in want) { print $3 }'
}

# The log of a member that does not run (or ends each time that its unit starts it) says that its files are damaged: words of etcd 3.3 to
# 3.6 for a database or a log that can't be read.
# (What rafthttp says is of connections: "unexpected EOF" there is a peer that was killed.)
etcd_is_damaged() {
  etcd_log_since_start | tail -n 60 | grep -v rafthttp |
    grep -qiE 'crc mismatch|checksum mismatch|proto: .*(wire ?type|illegal tag|negative length|integer overflow)|max entry size limit exceeded|invalid database|invalid freelist|file size too small|freepages|page [0-9]+ already freed|unexpected EOF|slice bounds out of range|index out of range|unexpected fault address|failed to (read|recover|find|repair).*(WAL|wal|snapshot)|log corrupted, truncated, or lost|assertion failed'
}

# etcd_yes COMMAND…: true or false
etcd_yes() { if "$@" 2>/dev/null; then echo true; else echo false; fi; }

etcd_flag_is_stale() {
  [ -z "$(etcd_files_with_force_flag)" ] || return 0
  [ -n "$(etcd_pids)" ] && ! etcd_runs_plain
}

# Free megabytes where the member lives, or would live: the least, where data or WAL has a disk of its own.
etcd_free_mb() {
  local dir
  for dir in "$HOME_PATH" "$HOME_PATH/data" "$HOME_PATH/wal"; do
    while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
    df -Pk "$dir"
  done | awk '$4 ~ /^[0-9]+$/ && (least == "" || $4 + 0 < least) { least = $4 + 0 } END { print int(least / 1024) }'
}

# Megabytes of the old data and WAL, without the empty WAL files that etcd keeps ready.
etcd_data_mb() {
  { find "$OLD_HOME/data" "$OLD_HOME/wal" -type f ! -name '*.tmp' -exec du -k {} + 2>/dev/null || :; } | awk '{ kb += $1 } END { print int(kb / 1024) + 1 }'
}

# etcd_preflight: what must be right on a host before a member on it is stopped.
etcd_preflight() {
  local has_data=false path version
  etcd_homes_are_paths && etcd_new_home_is_free || return
  version=$(etcd_version) && [ -x "$HOME_PATH/bin/etcdctl" ] || { because "no etcd and etcdctl that run in $HOME_PATH/bin: etcd/install puts them there"; return 1; }
  etcd_is_known "$version" && etcd_keeps_flags || return
  for path in "$HOME_PATH" "$HOME_PATH/logs" "$OLD_HOME/data" "$OLD_HOME/wal"; do
    [ -e "$path" ] || continue
    [ -O "$path" ] && [ -w "$path" ] || { because "$path does not belong to user $(id -un), as whom this runs"; return 1; }
  done
  { command -v setsid && command -v sha256sum; } >/dev/null || { because "setsid and sha256sum must be on this host"; return 1; }
  etcd_is_run_as_said && etcd_ports_are_ours && etcd_certificates_are_good || return
  ! etcd_has_data "$OLD_HOME" || has_data=true
  out version "$version"
  out clock "$(date +%s)"
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 128))"
  out has_data "$has_data"
}

# What is stopped here must not be started again by a unit that nobody has named.
etcd_is_run_as_said() {
  local pid unit
  [ -z "$UNIT" ] || { etcd_unit_is_ours; return; }
  for pid in $(etcd_pids); do
    unit=$(sed -n 's|^.*/\([^/]*etcd[^/]*\.service\).*$|\1|p' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    [ -z "$unit" ] || { because "etcd runs as the systemd unit $unit here, which would start what is stopped: name it in the inventory (etcd_unit: $unit, docs/etcd/hosts.md)"; return 1; }
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

# etcd_silent URLS…: nobody answers at these client and peer URLs (a peer's port tells its status too, seen on 3.5). A member said to be
# dead that lives would go on with the old cluster, so whatever is not a connection that never came is an answer.
etcd_silent() {
  local url text
  for url in "$@"; do
    text=$(ENDPOINT=$url LOGIN='' && ctl_within 2s endpoint status 2>&1) || case $text in
      *x509* | *tls:* | *handshake* | *preface* | *frame* | *EOF* | *'connection reset'*) ;;
      *'deadline exceeded'* | *'connection refused'*) continue ;;
    esac
    because "$url answers, though it was said to be gone"
    return 1
  done
}
