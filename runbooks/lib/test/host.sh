# Shared by the drivers: hosts as home folders with loopback addresses, and a shell for each call as a step would have it.
# Expects SOURCE, SHELL_UNDER_TEST, WORK, NETWORK.
LIBRARY=$(cd "$(dirname "$0")/../etcd" && pwd)
HOSTS='etcd00 etcd01 etcd02'
# With TLS=FOLDER that folder holds the certificates; with LOGIN and PASSWORD in the environment etcd's users are on.
if [ -n "${TLS:-}" ]; then SCHEME=https; else SCHEME=http; fi
CLUSTER="etcd00=$SCHEME://$NETWORK.3:2380,etcd01=$SCHEME://$NETWORK.4:2380,etcd02=$SCHEME://$NETWORK.5:2380"

address() { echo "$NETWORK.$((${1#etcd0} + 3))"; }
client() { echo "$SCHEME://$(address "$1"):2379"; }
output() { sed -n "s/^$2=//p" "$WORK/$1.output"; }
since() { echo "$((($(date +%s%N) - began) / 1000000)) ms"; }
ok() { echo "ok: $*"; }
bad() { echo "not ok: $*" >&2; exit 1; }

# on HOST SCRIPT: as a step runs it.
on() (
  at=$(address "$1")
  : >"$WORK/$1.output"
  cd /
  env -i PATH="${HOST_PATH:-$PATH}" HOME="$WORK/$1" NAME="$1" HOME_PATH="$WORK/$1/apps/etcd" OLD_HOME="$WORK/$1/apps/etcd" SOURCE="$SOURCE" V2=true FLAGS="${FLAGS:-}" UNIT="${UNIT:-}" UNIT_FOLDER="$WORK/$1/.systemd/system" \
    PEER="$SCHEME://$at:2380" CLIENT="$SCHEME://$at:2379" CLIENTS="$SCHEME://$at:2379,$SCHEME://$at:4001" LISTEN="$SCHEME://$at:2379,$SCHEME://$at:4001" \
    CA="${TLS:-}/ca.crt" CERT="${TLS:-}/server.crt" KEY="${TLS:-}/server.key" PEER_CA="${TLS:-}/ca.crt" PEER_CERT="${TLS:-}/peer.crt" PEER_KEY="${TLS:-}/peer.key" \
    CLIENT_CERT_AUTH=true CLIENT_CERT="${TLS:-}/client.crt" CLIENT_KEY="${TLS:-}/client.key" LOGIN="${LOGIN:-}" PASSWORD="${PASSWORD:-}" \
    RUN=r1 COPY="$WORK/$1/apps/etcd/backup/r1" OUTPUT="$WORK/$1.output" \
    $SHELL_UNDER_TEST -eu -c "$(cat "$LIBRARY"/*.sh)
$2"
)
# all SCRIPT: on every host at once.
all() {
  pids=''
  for host in $HOSTS; do on "$host" "$1" & pids="$pids $!"; done
  for pid in $pids; do wait "$pid" || bad "$1"; done
}
# refuses HOST SCRIPT WORDS: it must fail, with these words in its last line on stderr.
refuses() {
  if reason=$(on "$1" "$2" 2>&1 >/dev/null); then bad "$2 was not refused"; fi
  case $(printf '%s\n' "$reason" | tail -n 1) in *"$3"*) ok "refused: $(printf '%s\n' "$reason" | tail -n 1)" ;; *) bad "$2 says: $reason" ;; esac
}
# users_on HOST: from now on etcd asks for a user, where the driver was given one.
users_on() {
  [ -n "${LOGIN:-}" ] || return 0
  on "$1" 'printf "%s\n" "$PASSWORD" | ctl user add "$LOGIN" --interactive=false; ctl user grant-role "$LOGIN" root; ctl auth enable' >/dev/null 2>&1
  refuses "$1" "LOGIN=''; etcd_describe; etcd_revision; ctl_field Count get x" 'etcd asks for a user'
  refuses "$1" 'PASSWORD=x; etcd_serves' 'is not the one that etcd knows'
  ok "etcd asks for $LOGIN"
}
# What a driver leaves behind when it ends, however it ends.
end_all() { for host in $HOSTS; do on "$host" 'kill -9 $(etcd_pids) 2>/dev/null || :'; done; }
