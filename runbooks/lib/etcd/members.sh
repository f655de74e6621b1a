# The list of members: registering, promoting, correcting. Always: look, then act, then look again. Never add blindly,
# as an attempt whose answer was lost may have been carried out (two POSTs before the first start leave a member too many).

# etcd_list: id|state|name|peer URLs|client URLs|learner, one member a line; the name is empty until a member has started.
# Ids are hex without padding, whatever the generation prints. The URLs hold commas, the separator is comma and space.
etcd_list() {
  local text
  text=$(etcd_list_text) || { because "the members can't be listed: $(etcd_last_word "$text")"; etcd_soon "$text"; return; }
  printf '%s\n' "$text" | awk -F ', ' -v OFS='|' 'NF >= 4 && !/^\{/ { gsub(/ /, "", $1); sub(/^0+/, "", $1); print $1, $2, $3, $4, $5, $6 == "true" ? "learner" : "voter" }'
}

# As nobody: 3.3 to 3.6 ask for no user here, and none can log in between the registration of a second voter (3.3) and its start. Logged in
# where an etcd does ask.
etcd_list_text() {
  local text
  text=$(LOGIN='' && ctl member list 2>&1) && { printf '%s\n' "$text"; return 0; }
  ! { [ -n "$LOGIN" ] && etcd_wants_user "$text"; } || { ctl member list 2>&1; return; }
  printf '%s\n' "$text"
  return 1
}

# etcd_pick FIELD KEY VALUE < list: that field of the members whose field KEY is VALUE.
etcd_pick() { awk -F '|' -v f="$1" -v k="$2" -v v="$3" '$k == v { print $f }'; }

# etcd_soon TEXT: 75 where etcd's answer goes away by itself, 1 else. A third member is refused for the first 5 s of the second
# ("unhealthy cluster", "not enough started members"); a deadline leaves open what happened, and the next look will tell.
etcd_soon() {
  case $1 in
    *'unhealthy cluster'* | *'not enough started members'* | *'too many requests'* | *'leader changed'* | *'no leader'* | *'timed out'* | *deadline* | *'in sync with leader'* | *'Peer URLs already exists'* | *'connection refused'*) return 75 ;;
    *) return 1 ;;
  esac
}

# etcd_none_unstarted [PEER]: nobody but PEER is registered without having started: such a member counts for the quorum and can't help it.
etcd_none_unstarted() {
  local list other
  list=$(etcd_list) || return
  other=$(printf '%s\n' "$list" | awk -F '|' -v peer="${1:-}" '$3 == "" && $4 != peer { print $4 }')
  [ -z "$other" ] || { because "registered and never started: $(one_line "$other"): start it or remove it first"; return 1; }
}

# etcd_register NAME PEER: registers the member, as a learner where there are learners (3.4): a dead voter in a one-node
# cluster blocks writes and its own removal, a dead learner does not.
etcd_register() { patiently 30 etcd_register_once "$@"; }
etcd_register_once() {
  local list answer learner=''
  list=$(etcd_list) || return
  [ -z "$(printf '%s\n' "$list" | etcd_pick 1 4 "$2")" ] || return 0
  [ -z "$(printf '%s\n' "$list" | etcd_pick 1 3 "$1")" ] || { because "a member named $1 is there with another peer URL: etcd/fix-peer-url or remove it"; return 1; }
  etcd_none_unstarted "$2" || return
  if etcd_at_least 3.4; then learner=--learner; fi
  answer=$(ctl member add "$1" --peer-urls="$2" $learner 2>&1) || { because "$(printf '%s\n' "$answer" | grep -v '^$' | tail -n 1)"; etcd_soon "$answer"; return; }
}

# etcd_registered NAME PEER: is it there, exactly once? Writes its id, and all members so far for --initial-cluster.
etcd_registered() {
  local list id
  list=$(etcd_list) || return
  id=$(printf '%s\n' "$list" | etcd_pick 1 4 "$2")
  [ -n "$id" ] || { because "$1 is not registered with $2"; return 1; }
  case $(printf '%s\n' "$list" | etcd_pick 3 4 "$2") in
    "$1" | '') ;;
    *) because "$2 is registered for another member than $1"; return 1 ;;
  esac
  out id "$id"
  out initial_cluster "$(printf '%s\n' "$list" | awk -F '|' -v peer="$2" -v name="$1" '{ n = split($4, urls, ","); for (i = 1; i <= n; i++) all = all (all == "" ? "" : ",") ($4 == peer ? name : $3) "=" urls[i] } END { print all }')"
}

# etcd_promote PEER: a learner that has caught up becomes a voter; a voter is left as it is. The leader is asked: with users on a follower
# sends the question on to it without the user, again and again until it times out (etcd-io/etcd#20757; seen on 3.4.23, which it stays in).
etcd_promote() { patiently 60 etcd_promote_once "$@"; }
etcd_promote_once() {
  local list answer ENDPOINT="${ENDPOINT:-}"
  list=$(etcd_list) || return
  case $(printf '%s\n' "$list" | etcd_pick 6 4 "$1") in
    voter) return 0 ;;
    '') because "no member has the peer URL $1"; return 1 ;;
  esac
  ENDPOINT=$(etcd_leading_client) || return
  answer=$(ctl member promote "$(printf '%s\n' "$list" | etcd_pick 1 4 "$1")" 2>&1) || { because "$(printf '%s\n' "$answer" | tail -n 1)"; etcd_soon "$answer"; return; }
}

# etcd_is_voter PEER
etcd_is_voter() {
  local list
  list=$(etcd_list) || return
  [ "$(printf '%s\n' "$list" | etcd_pick 6 4 "$1")" = voter ] || { because "$1 is no voter yet"; return 75; }
}

# etcd_everyone_serves [PEER]: every member of the list, PEER perhaps excepted, answers a linearizable read by itself.
etcd_everyone_serves() {
  local list clients client
  list=$(etcd_list) || return
  clients=$(printf '%s\n' "$list" | awk -F '|' -v peer="${1:-}" '$4 != peer && $5 != "" { split($5, urls, ","); print urls[1] }')
  for client in $clients; do (ENDPOINT=$client && etcd_serves) || return; done
}

# This member is a voter with its own name, exactly once.
etcd_is_member() {
  local list
  list=$(etcd_list) || return
  [ "$(printf '%s\n' "$list" | etcd_pick 6 3 "$NAME")" = voter ] || { because "$NAME is not one voting member by that name: $(one_line "$list")"; return 1; }
}

# etcd_registrations NAME: what the list says of the member with that name.
etcd_registrations() {
  local list
  list=$(etcd_list) || return
  out registered "$(printf '%s\n' "$list" | etcd_pick 1 3 "$1" | grep -c .)"
  out id "$(printf '%s\n' "$list" | etcd_pick 1 3 "$1" | head -n 1)"
  out peer_urls "$(printf '%s\n' "$list" | etcd_pick 4 3 "$1" | head -n 1)"
}

# etcd_update_peer ID PEER: registers that member with that peer URL.
etcd_update_peer() { patiently 30 etcd_update_peer_once "$@"; }
etcd_update_peer_once() {
  local answer
  answer=$(ctl member update "$1" --peer-urls="$2" 2>&1) || { because "$(etcd_last_word "$answer")"; etcd_soon "$answer"; return; }
}

etcd_has_peer() {
  local list
  list=$(etcd_list) || return
  [ "$(printf '%s\n' "$list" | etcd_pick 4 1 "$1")" = "$2" ] || { because "$1 is not registered with $2"; return 1; }
}

# The only member corrects the peer URL under which it is registered: a copy may come up as http://localhost:2380, which stays
# healthy, also after restarts, and which no other member could reach.
etcd_peer_url() {
  local list
  ! etcd_peer_url_is 2>/dev/null || return 0
  list=$(etcd_list) || return
  [ "$(printf '%s\n' "$list" | wc -l)" -eq 1 ] || { because "not one member alone: $(one_line "$list")"; return 1; }
  etcd_update_peer "${list%%|*}" "$PEER"
}

etcd_peer_url_is() {
  local list
  list=$(etcd_list) || return
  [ -n "$(printf '%s\n' "$list" | etcd_pick 1 4 "$PEER")" ] || { because "not registered with $PEER: $(one_line "$list")"; return 1; }
}
