# Who leads, and handing it over: a leader that is stopped or removed may cost the cluster an election (a second or more without
# writes), one that hands over first costs it some milliseconds.

# What a member says of itself and of the leader.
etcd_leader_look() {
  local text list
  text=$(ctl endpoint status -w fields 2>&1) || { because "$NAME does not answer: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  list=$(etcd_list) || return
  printf '%s\n' "$text" | awk -F ' : ' '{ gsub(/"/, "") } $1 == "MemberID" { me = $2 } $1 == "Leader" { leader = $2 } $1 == "RaftIndex" { at = $2 }
    END { print "leader=" leader; print "leads=" (me == leader ? "true" : "false"); print "raft_index=" at }' >>"$OUTPUT"
  out id "$(printf '%s\n' "$list" | etcd_pick 1 3 "$NAME")"
  out votes "$(etcd_yes [ "$(printf '%s\n' "$list" | etcd_pick 6 3 "$NAME")" = voter ])"
}

# This member leads.
etcd_leads() {
  local me leader
  me=$(ctl_field MemberID endpoint status) && leader=$(ctl_field Leader endpoint status) || return
  [ "$me" = "$leader" ]
}

# etcd_leader_is CLIENT: the member at that client URL leads.
etcd_leader_is() { (ENDPOINT=$1 && etcd_leads) || { because "$1 does not lead"; return 1; }; }

# The client URL of the voter that leads, asked of each by itself.
etcd_leading_client() {
  local list client LIMIT=2s
  list=$(etcd_list) || return
  for client in $(printf '%s\n' "$list" | awk -F '|' '$6 == "voter" && $5 != "" { split($5, urls, ","); print urls[1] }'); do
    ! (ENDPOINT=$client && etcd_leads) 2>/dev/null || { echo "$client"; return 0; }
  done
  because "nobody leads"
  return 75
}

# Another member leads.
etcd_follows() {
  local me leader
  me=$(ctl_field MemberID endpoint status) && leader=$(ctl_field Leader endpoint status) || return
  [ "$leader" != 0 ] || { because "nobody leads"; return 75; }
  [ "$me" != "$leader" ] || { because "$NAME leads"; return 1; }
}

# etcd_hand_over [ID]: if this member leads, that one does instead; without an ID the first voter that serves.
etcd_hand_over() { patiently 30 etcd_hand_over_once "$@"; }
etcd_hand_over_once() {
  local to="${1:-}" answer
  ! etcd_follows 2>/dev/null || return 0
  [ -n "$to" ] || to=$(etcd_successor) || return
  answer=$(ctl move-leader "$to" 2>&1) || { because "$NAME leads on: $(printf '%s\n' "$answer" | tail -n 1)"; etcd_soon "$answer"; return; }
  patiently 10 etcd_follows
}

# The first voter beside this member that serves by itself.
etcd_successor() {
  local list found
  list=$(etcd_list) || return
  found=$(printf '%s\n' "$list" | awk -F '|' -v me="$NAME" '$3 != me && $3 != "" && $6 == "voter" { split($5, urls, ","); print $1, urls[1] }' |
    while read -r id client; do
      ! (ENDPOINT=$client && etcd_serves) 2>/dev/null || { echo "$id"; break; }
    done)
  [ -n "$found" ] || { because "no other voter serves: nobody can lead instead of $NAME"; return 1; }
  echo "$found"
}
