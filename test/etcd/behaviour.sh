# What the blocks of docs/etcd/behaviour.md may say. Expects BIN, DIR, CLIENT, PEER, NODE.
set -eu
trap stop EXIT

start() {
  "$BIN/etcd" --data-dir "$DIR/data" --listen-client-urls "$CLIENT" --advertise-client-urls "$CLIENT" --listen-peer-urls "$PEER" \
    --initial-advertise-peer-urls "$PEER" --initial-cluster "default=$PEER" --heartbeat-interval 10 --election-timeout 100 "$@" \
    >"$DIR/log" 2>&1 </dev/null &
  pid=$!
  until ctl --command-timeout 3s get none >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { tail -n 3 "$DIR/log" >&2; pid=''; return 1; }
    sleep 0.1
  done
}
stop() {
  [ -n "${pid:-}" ] || return 0
  kill "$pid" 2>/dev/null || :
  wait "$pid" 2>/dev/null || :
  pid=''
}
becomes() { rm -rf "$DIR/data" && mv "$DIR/$1" "$DIR/data"; }
fetch() { "$NODE" -e 'fetch(process.argv[1]).then((a) => a.text()).then((text) => process.stdout.write(text))' "$1"; }
api() { if [ -x "$BIN/etcdutl" ]; then env "$@"; else env ETCDCTL_API=3 "$@"; fi; }
ctl() { api "$BIN/etcdctl" --endpoints "$CLIENT" --command-timeout 20s "$@"; }
restorer() { if [ -x "$BIN/etcdutl" ]; then "$BIN/etcdutl" snapshot "$@"; else ETCDCTL_API=3 "$BIN/etcdctl" snapshot "$@"; fi; }
field() { name=$1; shift; ctl "$@" -w fields | sed -n "s/^\"$name\" : //p" | head -n 1; }
not() { ! "$@"; }
refused() {
  words=$1
  shift
  if said=$("$@" 2>&1); then echo "not refused: $*" >&2; return 1; fi
  case $said in *"$words"*) ;; *) echo "$* says: $said" >&2; return 1 ;; esac
}
