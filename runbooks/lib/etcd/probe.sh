# Several hundred writes, read back from every member. A list of members, /health and a count prove nothing: a member whose
# database is ahead of its log answers "OK" to new writes and drops most of them.

# etcd_probe COUNT ENDPOINTS…: COUNT writes through this member, read from each endpoint, then deleted.
etcd_probe() {
  local prefix="holdfast-probe/$RUN/$NAME" count="$1" rc=0
  shift
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
  while [ "$first" -lt "$count" ]; do
    awk -v p="$prefix" -v a="$first" -v n="$count" 'BEGIN { print ""; for (i = a; i < n && i < a + 100; i++) printf "put %s/from/%05d probe%05d\n", p, i, i; print "\n" }' |
      ctl txn >/dev/null || { because "the first keys of the write probe are refused"; return 1; }
    first=$((first + 100))
  done
  ETCDCTL_API=3 NO_PROXY='*' no_proxy='*' "$HOME_PATH/bin/etcdctl" --endpoints="${ENDPOINT:-$CLIENT}" \
    make-mirror --prefix "$prefix/from/" --dest-prefix "$prefix/to/" "${ENDPOINT:-$CLIENT}" >/dev/null 2>&1 </dev/null &
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
