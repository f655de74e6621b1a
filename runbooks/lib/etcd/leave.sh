# A member leaves. Whether the others can do without it is asked of etcd's own list, not of the inventory.

# etcd_leaver_look CLIENT PEER, on one of the others: what stays when the member with that peer URL has left.
etcd_leaver_look() {
  local list id others clients client serving=0
  etcd_serves && list=$(etcd_list) || return
  id=$(printf '%s\n' "$list" | etcd_pick 1 4 "$2")
  others=$(printf '%s\n' "$list" | awk -F '|' -v peer="$2" '$4 != peer && $6 == "voter"')
  clients=$(printf '%s\n' "$others" | awk -F '|' '$5 != "" { split($5, urls, ","); print urls[1] }')
  for client in $clients; do
    ! (ENDPOINT=$client && etcd_serves) 2>/dev/null || serving=$((serving + 1))
  done
  out id "$id"
  out leads "$(etcd_yes etcd_leader_is "$1")"
  out others "$(printf '%s\n' "$others" | grep -c .)"
  out serving "$serving"
}

# etcd_remove ID: takes the registration away; a member that is not there any more is left so.
etcd_remove() { patiently 30 etcd_remove_once "$@"; }
etcd_remove_once() {
  local list answer
  list=$(etcd_list) || return
  [ -n "$(printf '%s\n' "$list" | etcd_pick 1 1 "$1")" ] || return 0
  answer=$(ctl member remove "$1" 2>&1) || { because "$(printf '%s\n' "$answer" | tail -n 1)"; etcd_soon "$answer"; return; }
}

etcd_is_removed() {
  local list
  list=$(etcd_list) || return
  [ -z "$(printf '%s\n' "$list" | etcd_pick 1 1 "$1")" ] || { because "$1 is still a member"; return 1; }
}

# What is left of a member that has been removed: its process, if it has not ended by itself, and its data, which nobody takes back.
etcd_retire() {
  etcd_down && etcd_set_aside && rm -f "$HOME_PATH/member-id"
}
