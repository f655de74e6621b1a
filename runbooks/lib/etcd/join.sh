# The joiner's side of a join.

# etcd_start_joiner ID CLUSTER TOKEN: starts this host's member with all members so far. Data that is here belongs to another
# registration and goes aside; $HOME_PATH/member-id says whose it is, so that a second attempt keeps what the first has received.
etcd_start_joiner() {
  if [ "$(cat "$HOME_PATH/member-id" 2>/dev/null)" != "$1" ]; then
    etcd_layout && etcd_set_aside || return
    echo "$1" >"$HOME_PATH/member-id" || return
  fi
  etcd_install_start existing "$2" "$3" && etcd_up || return
  ! etcd_is_caught_by_its_name || { etcd_down && etcd_up || return; }
  etcd_wait etcd_answers || return
  ! etcd_forgets_logins || { etcd_down && etcd_up && etcd_wait etcd_answers; } || return
  etcd_install_start
}

# A member that was sent the whole database, in which users are on, keeps no login ("invalid auth token") until it is started anew:
# etcd-io/etcd#9629, seen on 3.3.25, mended in the course of 3.4.
etcd_forgets_logins() { [ -n "$LOGIN" ] && ! etcd_at_least 3.5; }

# A member tells the cluster its name, and serves clients when it has read that back from the log. If it was sent the whole
# database at that moment, the name was in there or was lost on the way, and etcd tries again after its timeout only: 7 s (seen
# on 3.4 and 3.5). All its data is there by then, and a member that is started on its data is through at once. It is a learner: nobody waits for it.
etcd_is_caught_by_its_name() {
  local n=0
  etcd_at_least 3.4 || return
  until etcd_has_logged -e 'finished applying incoming snapshot' -e '"msg":"applied snapshot"'; do
    n=$((n + 1))
    [ "$n" -lt 25 ] && [ -n "$(etcd_pids)" ] && ! etcd_has_logged 'ready to serve client requests' || return
    nap
  done
  nap
  ! etcd_has_logged 'ready to serve client requests'
}

# etcd_unjoin ID MEMBER: this host's member leaves again. First it is taken out of the list at that client URL: a voter that is stopped
# while it stands there may cost the others their quorum (of two, both are one). Then its process ends and its data goes aside.
etcd_unjoin() {
  (ENDPOINT=$2 && etcd_remove "$1") && etcd_retire && etcd_install_start
}

# etcd_is_joiner ID: the member that was registered under that id is the one that runs here, and answers.
etcd_is_joiner() {
  [ "$(cat "$HOME_PATH/member-id" 2>/dev/null)" = "$1" ] || { because "$HOME_PATH does not hold the member $1"; return 1; }
  etcd_answers && etcd_start_names_no_cluster
}
