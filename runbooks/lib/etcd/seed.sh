# The first node of a rebuilt cluster: alone, from its copy, unseen by clients until it is proved.

# etcd_force: starts the copy in new directories with --force-new-cluster, compares it with its rehearsal, and stops it again.
# It listens for clients on a private port of the loopback: that port is the fence. Flags given to the start file stand in no file.
# (A short election timeout: alone it need not wait a second to elect itself.)
etcd_force() {
  local at port reason
  etcd_is_down || return
  [ -s "$COPY.facts" ] || { because "$COPY was not rehearsed"; return 1; }
  etcd_copy_is_good "$COPY" || return
  etcd_set_aside || return
  { cp -Rp "$COPY/data/." "$HOME_PATH/data/" && cp -Rp "$COPY/wal/." "$HOME_PATH/wal/"; } || { because "the copy does not fit into $HOME_PATH"; return 1; }
  etcd_install_start new "$NAME=$PEER" "etcd-$RUN" || return
  at=$(etcd_loopback)
  port=$(etcd_free_port "$at" 22379) || return
  ENDPOINT="${CLIENT%%://*}://$at:$port"
  etcd_up --force-new-cluster --listen-client-urls "$ENDPOINT" --advertise-client-urls "$ENDPOINT" --heartbeat-interval 10 --election-timeout 100 || return
  reason=$({ etcd_wait && etcd_as_rehearsed && etcd_clear_nospace && etcd_probe 300 "$ENDPOINT"; } 2>&1) || {
    etcd_down || reason="$reason (and etcd could not be stopped)"
    because "the forced start was stopped, the copy is untouched: $reason"
    return 1
  }
  etcd_down
}

# One member; nothing less than the rehearsal found, and the same at its revision; v2 keys too, which hashKV does not see.
etcd_as_rehearsed() {
  local list revision now v2 facts="$COPY.facts"
  list=$(etcd_list) || return
  [ "$(printf '%s\n' "$list" | wc -l)" -eq 1 ] || { because "more than one member after a forced start: $(one_line "$list")"; return 1; }
  revision=$(etcd_fact "$facts" revision)
  now=$(etcd_revision) && v2=$(etcd_v2) || return
  [ "$now" -ge "$revision" ] || { because "revision $now, rehearsed $revision"; return 1; }
  [ "$(etcd_keys "$revision")" = "$(etcd_fact "$facts" keys)" ] || { because "$(etcd_keys "$revision") keys at revision $revision, rehearsed $(etcd_fact "$facts" keys)"; return 1; }
  [ "$(etcd_hash "$revision")" = "$(etcd_fact "$facts" hash)" ] || { because "another hashKV at revision $revision than rehearsed"; return 1; }
  [ "$V2" != true ] || [ "$v2" = "$(etcd_fact "$facts" v2_keys) $(etcd_fact "$facts" v2_hash)" ] || { because "other v2 keys than rehearsed ($v2)"; return 1; }
}

# NOSPACE survives in the data with the id of the member whose disk was full. If the database itself is too large, the next
# write sets it again, and the probe fails. CORRUPT is not cleared by anybody but a person.
etcd_clear_nospace() {
  local alarms
  alarms=$(ctl alarm list) || return
  case $alarms in
    *CORRUPT*) because "the data carries the alarm CORRUPT"; return 1 ;;
    *NOSPACE*) ctl alarm disarm >/dev/null || return ;;
  esac
  etcd_no_alarm
}

# etcd_seed_plain: restarts it without the flag, for clients too, and makes it write a raft snapshot: each later member needs entry 1
# of the log, which is then gone, and so is sent the whole database and not the log that the forced start has cut
# (members that were sent that log diverged for ever on 3.3.25, 3.4.23 and 3.5.16).
etcd_seed_plain() {
  etcd_down && etcd_install_start || return
  etcd_up --snapshot-count 1 && etcd_wait || return
  etcd_write_singly "holdfast-probe/$RUN/$NAME" 30 && etcd_probe_clean "holdfast-probe/$RUN/$NAME" || return
  etcd_peer_url
}

# It is this one member, by its start file, with its peer URL, and its log has been cut by a snapshot.
etcd_seed_is_plain() {
  etcd_serves && etcd_no_force_flag && etcd_peer_url_is || return
  ls "$HOME_PATH"/data/member/snap/*.snap >/dev/null 2>&1 || { because "no raft snapshot was written yet"; return 1; }
}

# etcd_settle: runs on its start file alone, by its unit where it has one; restarted only where it does not.
etcd_settle() {
  ! etcd_is_settled 2>/dev/null || return 0
  etcd_no_force_flag && etcd_down && etcd_up && etcd_wait && etcd_is_settled
}
