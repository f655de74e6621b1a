# What would a copy come back as? Its own copy is started in a scratch etcd, on this host alone, and thrown away.
# Members that were killed do not hold the same data, and neither a list of members nor a count shows which holds more.

# etcd_rehearse COPY [snapshot]: the facts of the copy, as outputs and in COPY.facts; a snapshot of what it came back as in COPY.db (a
# database that is copied by hand lacks what stands in the log alone).
etcd_rehearse() {
  local scratch="$1.rehearsal" rc=0 look=etcd_look_at_copy
  etcd_scratch_gone "$scratch" || return
  { mkdir -m 700 "$scratch" && cp -Rp "$1/data" "$1/wal" "$scratch/"; } || { because "no room for a rehearsal in $scratch"; return 1; }
  [ "${2:-}" != snapshot ] || look=etcd_look_and_save
  SAVE="$1.db" && etcd_scratch "$scratch" "$look" --force-new-cluster >"$1.facts.new" || rc=$?
  etcd_scratch_gone "$scratch"
  [ "$rc" = 0 ] || return "$rc"
  mv "$1.facts.new" "$1.facts" && cat "$1.facts" >>"$OUTPUT"
}

etcd_look_at_copy() {
  local revision v2 keys hash
  revision=$(etcd_revision) && v2=$(etcd_v2) && keys=$(etcd_keys "$revision") && hash=$(etcd_hash "$revision") || return
  echo "revision=$revision"
  echo "keys=$keys"
  echo "hash=$hash"
  echo "v2_keys=${v2% *}"
  echo "v2_hash=${v2#* }"
}

# The snapshot has the revision of the facts: nobody else writes there.
etcd_look_and_save() {
  local text
  etcd_look_at_copy || return
  text=$(ctl_within 3000s snapshot save "$SAVE" 2>&1) || { because "no snapshot of the copy: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  etcd_sign "$SAVE"
}

# etcd_scratch DIR FUNCTION FLAGS…: runs an etcd on DIR/{data,wal}, calls the function with $ENDPOINT set, and ends the etcd.
# It asks for certificates where the member does. Alone it need not wait a second for an election. It listens on the loopback alone, on ports of its own, and stays in this session: when the step is stopped, so is it.
etcd_scratch() (
  dir="$1" look="$2"
  shift 2
  at=$(etcd_loopback)
  client=$(etcd_free_port "$at" 22379) && peer=$(etcd_free_port "$at" 23380) || exit
  ENDPOINT="${CLIENT%%://*}://$at:$client" peer="${PEER%%://*}://$at:$peer"
  case $(uname -m) in aarch64) export ETCD_UNSUPPORTED_ARCH=arm64 ;; esac
  if etcd_serves_v2; then set -- --enable-v2 "$@"; fi
  # What is behind certificates is behind them here too.
  while read -r flag file; do set -- ${flag:+"$flag"} ${file:+"$file"} "$@"; done <<END
$(LISTEN=$ENDPOINT && etcd_tls_flags)
END
  (unset PASSWORD && exec "$HOME_PATH/bin/etcd" --name scratch --data-dir "$dir/data" --wal-dir "$dir/wal" \
    --listen-client-urls "$ENDPOINT" --advertise-client-urls "$ENDPOINT" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "scratch=$peer" \
    --heartbeat-interval 10 --election-timeout 100 \
    "$@" >"$dir/etcd.log" 2>&1 </dev/null) &
  pid=$!
  trap 'rc=$?; kill -9 "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; exit "$rc"' EXIT
  trap 'exit 143' TERM INT HUP
  until=$(($(date +%s) + 120))
  PATIENCE=1s
  until etcd_serves 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || { because "the copy does not come up: $(etcd_log_reason "$dir/etcd.log")"; exit 1; }
    [ "$(date +%s)" -lt "$until" ] || { because "the copy does not serve within 120 s: $(etcd_log_reason "$dir/etcd.log")"; exit 1; }
    nap
  done
  "$look"
)

# A scratch etcd of an earlier attempt may still run: its data is a copy of a copy, so it may be killed.
etcd_scratch_gone() {
  local pids
  pids=$(etcd_pids "$1/data")
  # shellcheck disable=SC2086 # a word for each process
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null || :
  rm -rf "$1"
}

# Loopback: 127.0.0.1, or the host's own address where that is a loopback address (hosts that share one machine).
etcd_loopback() {
  local host="${CLIENT#*://}"
  host=${host%:*}
  case $host in 127.*) echo "$host" ;; *) echo 127.0.0.1 ;; esac
}

# etcd_free_port ADDRESS FROM: the first port from there on which nothing listens.
etcd_free_port() {
  local port="$2"
  while [ "$port" -lt $(($2 + 50)) ]; do
    etcd_listens "$1" "$port" || { echo "$port"; return 0; }
    port=$((port + 1))
  done
  because "no free port at $1 from $2 on"
  return 1
}

# etcd_listens ADDRESS PORT: does anything listen there? From /proc/net/tcp: hex, the address with its bytes reversed, state 0A.
# An address that is no IPv4 address counts as any.
etcd_listens() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v address="$1" -v port="$2" '
    BEGIN { port = sprintf(":%04X", port); if (split(address, b, ".") == 4 && address !~ /[^0-9.]/) mine = sprintf("%02X%02X%02X%02X", b[4], b[3], b[2], b[1]) }
    $4 == "0A" && substr($2, length($2) - 4) == port { at = substr($2, 1, length($2) - 5); if (mine == "" || at ~ /^0+$/ || substr(at, length(at) - 7) == mine) found = 1 }
    END { exit !found }'
}
