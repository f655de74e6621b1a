# Several hundred writes, read back from every member. A list of members, /health and a count prove nothing: a member whose
# database is ahead of its log answers "OK" to new writes and drops most of them.

# etcd_probe COUNT ENDPOINTS…: COUNT writes through this member, read from each endpoint, then deleted.
etcd_probe() {
  local prefix="holdfast-probe/$RUN/$NAME" count="$1" rc=0
  shift
  # One by one each write logs in first, which is an entry of the log by itself.
  [ -z "$LOGIN" ] || etcd_can_mirror || count=$(((count + 1) / 2))
  etcd_probe_clean "$prefix" || return
  etcd_write_singly "$prefix" "$count" && etcd_probe_reads "$prefix" "$count" "$@" || rc=$?
  [ "$rc" = 0 ] || { etcd_probe_clean "$prefix" 2>/dev/null || :; return "$rc"; }      # the first reason is the one to show
  etcd_probe_clean "$prefix"
}

etcd_probe_clean() {
  local text
  text=$(ctl del "$1/" --prefix 2>&1) || { because "writes through $NAME are not carried out: deleting $1/ says $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
}

# Each endpoint must have every value. The read is linearizable: the member answers from its own store, once it has caught up.
etcd_probe_reads() {
  local prefix="$1" count="$2" want got endpoint
  shift 2
  want=$(etcd_probe_values "$count")
  for endpoint in "$@"; do
    got=$(ENDPOINT=$endpoint ctl get "$prefix/to/" --prefix --print-value-only 2>&1) || { because "$endpoint: $(printf '%s\n' "$got" | tail -n 1)"; return 1; }
    got=$(printf '%s\n' "$got" | grep -v '^{"level":') || :       # etcdctl tells of a user that is not asked for
    [ "$got" = "$want" ] ||
      { because "$endpoint: $(printf '%s\n' "$got" | grep -c '^probe') of $count acknowledged writes through $NAME are there"; return 1; }
  done
}

etcd_probe_values() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "probe%05d\n", i }'; }

# etcd_write_singly PREFIX COUNT: COUNT writes, each an entry of its own in the raft log. One etcdctl a write would cost 20 ms of
# CPU each; so the keys are written in few transactions (128 operations at most each) to PREFIX/from/ and then copied to
# PREFIX/to/ by `make-mirror`, which puts them one by one, in sequence.
etcd_write_singly() {
  local prefix="$1" count="$2" first=0 mirror until rc=0
  if ! etcd_can_mirror; then etcd_put_each "$prefix/to" "$count"; return; fi
  while [ "$first" -lt "$count" ]; do
    awk -v p="$prefix" -v a="$first" -v n="$count" 'BEGIN { print ""; for (i = a; i < n && i < a + 100; i++) printf "put %s/from/%05d probe%05d\n", p, i, i; print "\n" }' |
      ctl txn >/dev/null || { because "the first keys of the write probe are refused"; return 1; }
    first=$((first + 100))
  done
  printf '%s\n' "$PASSWORD" | etcd_mirror "$prefix/from/" "$prefix/to/" >/dev/null 2>&1 &
  mirror=$!
  until=$(($(date +%s) + 60))
  until [ "$(ctl_field Count get "$prefix/to/" --prefix --limit=1 --keys-only)" = "$count" ]; do
    kill -0 "$mirror" 2>/dev/null && [ "$(date +%s)" -lt "$until" ] || { rc=1; break; }
    nap
  done
  kill "$mirror" 2>/dev/null || :
  wait "$mirror" 2>/dev/null || :
  [ "$rc" = 0 ] || because "not all of $count writes through $NAME were acknowledged"
  return "$rc"
}

# make-mirror writes as nobody before 3.5; then it takes a password as an argument, or asks for it, with stty. It knows no way around the
# names in a certificate, as a private port of the loopback wants one.
etcd_can_mirror() {
  local help
  case ${ENDPOINT:-$CLIENT} in https://127.0.0.1:*) return 1 ;; esac
  [ -n "$LOGIN" ] || return 0
  help=$(etcd_ctl make-mirror --help 2>&1) || return
  case $help in *--dest-user*) [ -x /bin/stty ] ;; *) return 1 ;; esac
}

# etcd_mirror FROM TO: becomes the etcdctl that copies what is written under FROM to TO, and does not end. It reads the password.
etcd_mirror() {
  local endpoint="${ENDPOINT:-$CLIENT}"
  set -- make-mirror --prefix "$1" --dest-prefix "$2" "$endpoint"
  if etcd_speaks_tls "$endpoint"; then
    [ "$CLIENT_CERT_AUTH" != true ] || set -- --cert="$CLIENT_CERT" --key="$CLIENT_KEY" "$@" --dest-cert="$CLIENT_CERT" --dest-key="$CLIENT_KEY"
    set -- --cacert="$CA" "$@" --dest-insecure-transport=false --dest-cacert="$CA"
  fi
  [ -z "$LOGIN" ] || set -- "$@" --dest-user="$LOGIN"
  etcd_become_ctl --endpoints="$endpoint" "$@"
}

# etcd_put_each PREFIX COUNT: the same by one etcdctl for each write, four at a time.
etcd_put_each() {
  local at=0 pids pid rc=0
  while [ "$at" -lt "$2" ]; do
    pids=''
    while [ "$at" -lt "$2" ]; do
      ctl put "$1/$(printf %05d "$at")" "$(printf probe%05d "$at")" >/dev/null 2>&1 &
      pids="$pids $!" at=$((at + 1))
      [ $((at % 4)) != 0 ] || break
    done
    for pid in $pids; do wait "$pid" || rc=1; done
    [ "$rc" = 0 ] || { because "not all of $2 writes through $NAME were acknowledged"; return 1; }
  done
}
