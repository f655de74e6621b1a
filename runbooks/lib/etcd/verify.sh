# Does a member hold what another holds? And: everything that can be said of one member.

# etcd_same_as ENDPOINT: this member has caught up with that one, and both have one hashKV at one pinned revision.
etcd_same_as() {
  local revision mine theirs
  revision=$(ENDPOINT=$1 etcd_revision) || return
  patiently 300 etcd_has_reached "$revision" || return
  mine=$(etcd_hash "$revision") && theirs=$(ENDPOINT=$1 etcd_hash "$revision") || return
  [ "$mine" = "$theirs" ] || { because "$NAME and $1 hold different data: hashKV $mine and $theirs at revision $revision"; return 1; }
  patiently 30 etcd_same_v2_as "$1" || return 1
  out revision "$revision"
}

# v2 keys have no revision at which they could be read: while they are written two looks differ, so there are more.
etcd_same_v2_as() {
  local mine theirs
  mine=$(etcd_v2) && theirs=$(ENDPOINT=$1 etcd_v2) || return
  [ "$mine" = "$theirs" ] || { because "$NAME and $1 hold different v2 keys, or they are written all the time: $mine and $theirs"; return 75; }
}

etcd_has_reached() {
  local now
  now=$(etcd_revision) || return 75
  [ "$now" -ge "$1" ] || { because "at revision $now, not yet at $1"; return 75; }
}

# The state of this member as it says it itself.
etcd_describe() {
  local list text id alarms
  text=$(ctl endpoint status -w fields 2>&1) || { because "$NAME does not answer: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  list=$(etcd_list) && alarms=$(etcd_alarms) || return
  id=$(printf '%s\n' "$list" | etcd_pick 1 3 "$NAME")
  printf '%s\n' "$text" | awk -F ' : ' '{ gsub(/"/, "") } $1 == "Version" { print "version=" $2 } $1 == "Revision" { print "revision=" $2 }
    $1 == "Leader" { print "leader=" $2 } $1 == "DBSize" { print "db_bytes=" $2 }' >>"$OUTPUT"
  out id "$id"
  out voters "$(printf '%s\n' "$list" | etcd_pick 1 6 voter | wc -l | tr -d ' ')"
  out learners "$(printf '%s\n' "$list" | etcd_pick 1 6 learner | wc -l | tr -d ' ')"
  out unstarted "$(printf '%s\n' "$list" | etcd_pick 1 3 '' | wc -l | tr -d ' ')"
  out peer_urls "$(printf '%s\n' "$list" | etcd_pick 4 3 "$NAME")"
  out alarms "$alarms"
  out force_flag "$(etcd_yes etcd_flag_is_stale)"
}

# etcd_compare REVISION: what is compared between members: keys and hashKV at that revision, v2 keys.
etcd_compare() {
  local v2 keys hash
  patiently 30 etcd_has_reached "$1" || return
  keys=$(etcd_keys "$1") && hash=$(etcd_hash "$1") && v2=$(etcd_v2) || return
  out keys "$keys"
  out hash "$hash"
  out v2_keys "${v2% *}"
  out v2_hash "${v2#* }"
}
