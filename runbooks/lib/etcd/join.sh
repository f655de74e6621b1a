# The joiner's side of a join.

# etcd_start_joiner ID CLUSTER TOKEN: starts this host's member with all members so far. Data that is here belongs to another
# registration and goes aside; $HOME_PATH/member-id says whose it is, so that a second attempt keeps what the first has received.
etcd_start_joiner() {
  if [ "$(cat "$HOME_PATH/member-id" 2>/dev/null)" != "$1" ]; then
    etcd_layout && etcd_set_aside || return
    echo "$1" >"$HOME_PATH/member-id" || return
  fi
  etcd_install_start existing "$2" "$3" && etcd_up && etcd_wait etcd_answers
}

# etcd_is_joiner ID: the member that was registered under that id is the one that runs here, and answers.
etcd_is_joiner() {
  [ "$(cat "$HOME_PATH/member-id" 2>/dev/null)" = "$1" ] || { because "$HOME_PATH does not hold the member $1"; return 1; }
  etcd_answers
}
