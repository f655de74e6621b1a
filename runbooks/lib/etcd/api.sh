# What etcd says. `etcdctl` with API 3 does everything but v2 keys alike from 3.3 on. Ids are uint64: kept as text, never as numbers.

# $ENDPOINT if it is set (a private port), else this host's own client URL. No proxy: a member is spoken to directly.
ctl() { ctl_within "${LIMIT:-5s}" "$@"; }
ctl_within() {
  local limit="$1" endpoint="${ENDPOINT:-$CLIENT}"
  shift
  set -- --endpoints="$endpoint" --dial-timeout="$limit" --command-timeout="$limit" "$@"
  case $endpoint in
    https://*)
      set -- --cacert="$CA" "$@"
      [ "$CLIENT_CERT_AUTH" != true ] || set -- --cert="$CLIENT_CERT" --key="$CLIENT_KEY" "$@"
      # A private port of the loopback is this very script's etcd, and certificates need not name 127.0.0.1.
      case $endpoint in https://127.0.0.1:*) set -- --insecure-skip-tls-verify "$@" ;; esac ;;
  esac
  etcd_ctl "$@"
}

# etcdctl with API 3, which is its default since 3.4. That of 3.6 does not know the variable any more, and says so on stderr, where it
# would be taken for an answer. etcdutl came with 3.5.
etcd_ctl() (etcd_become_ctl "$@")

# The user and its password go by the environment of etcdctl alone (3.3 to 3.6 take them there): arguments are for everyone on the host to see.
etcd_become_ctl() {
  [ -z "$LOGIN" ] || export ETCDCTL_USER="$LOGIN:$PASSWORD"
  unset PASSWORD
  if [ ! -x "$HOME_PATH/bin/etcdutl" ]; then set -- ETCDCTL_API=3 "$HOME_PATH/bin/etcdctl" "$@"
  else set -- "$HOME_PATH/bin/etcdctl" "$@"; fi
  exec env NO_PROXY='*' no_proxy='*' "$@"
}

# etcd_wants_user TEXT: etcd asks for a user, or for another one. (To open a file may be denied too.)
etcd_wants_user() {
  case $1 in *'user name is empty'* | *'user name not found'* | *'user not found'* | *'etcdserver: permission denied'*) ;; *) return 1 ;; esac
}

# etcd_refusal TEXT: what etcdctl says of a certificate or a user, which no log of the member tells; nothing where it is something else.
etcd_refusal() {
  local text
  text=$(printf '%s\n' "$1" | grep -oE 'x509: [^"\]*|(remote error: )?tls: [^"\]*' | tail -n 1)
  case $1 in
    *'invalid user ID or password'*) text="the password of $LOGIN is not the one that etcd knows" ;;
    *) ! etcd_wants_user "$1" || text="etcd asks for a user that may do this: host variable etcd_user names it, ETCD_PASSWORD of the worker is its password" ;;
  esac
  printf '%s' "$text"
}

# etcd_last_word TEXT: the reason in what etcdctl said.
etcd_last_word() {
  local reason
  reason=$(etcd_refusal "$1")
  if [ -n "$reason" ]; then printf '%s' "$reason"; else printf '%s\n' "$1" | tail -n 1; fi
}

# ctl_field FIELD ARGUMENTS…: one field of what `-w fields` prints ("Revision" : 12). Fails where etcdctl does, with its reason.
ctl_field() {
  local field="$1" text
  shift
  text=$(ctl "$@" -w fields 2>&1) || { because "${ENDPOINT:-$CLIENT}: $(etcd_last_word "$text")"; return 1; }
  printf '%s\n' "$text" | etcd_field "$field"
}

# etcd_field FIELD < what `-w fields` prints; nothing where it has none of that name.
etcd_field() { awk -F ' : ' -v want="\"$1\"" '$1 == want && !found { gsub(/^"|"$/, "", $2); print $2; found = 1 }'; }

etcd_revision() { ctl_field Revision endpoint status; }

# etcd_keys REVISION: the number of v3 keys then. A limit does not change the count (etcdctl has no --count-only before 3.5).
etcd_keys() { ctl_field Count get '' --prefix --limit=1 --keys-only --rev="$1"; }

# etcd_hash REVISION: hashKV, over every key and version up to that revision. Key counts and member lists show no divergence; this does.
# etcd refuses it for the revision that was compacted last (3.4.23: "has been compacted"), also where nothing was written since
# and that is the newest one; then the newest is asked for.
etcd_hash() {
  local hash reason LIMIT=120s               # it reads the whole database
  hash=$(ctl_field Hash endpoint hashkv --rev="$1" 2>&1) && { echo "$hash"; return 0; }
  reason=$hash
  case $reason in *'has been compacted'*) ;; *) because "$reason"; return 1 ;; esac
  [ "$(etcd_revision)" = "$1" ] && hash=$(ctl_field Hash endpoint hashkv) && [ "$(etcd_revision)" = "$1" ] || { because "$reason"; return 1; }
  echo "$hash"
}

# Every version before this revision is forgotten; 0 if none is.
etcd_compacted() {
  local text LIMIT=120s
  text=$(ctl endpoint hashkv -w json 2>&1) || { because "${ENDPOINT:-$CLIENT}: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  case $text in *'"compact_revision":'*) text=${text##*'"compact_revision":'}; echo "${text%%[!0-9]*}" ;; *) echo 0 ;; esac
}

# Takes part and answers: a linearizable read goes through. An alarm alone is no reason not to (3.5 and later call a member with one
# unhealthy): etcd_no_alarm looks for those. A login takes etcd a tenth of a second of a processor, and more where others want it too.
etcd_serves() {
  local text reason
  text=$(ctl_within "${PATIENCE:-$([ -z "$LOGIN" ] && echo 2s || echo 5s)}" endpoint health 2>&1) && return 0
  case $text in *'Active Alarm'*) return 0 ;; esac
  reason=$(etcd_refusal "$text")
  # This host's own log says more than a timeout; of another member it says nothing.
  [ -n "$reason" ] || case ${ENDPOINT:-$CLIENT} in
    "$CLIENT") reason=$(etcd_log_reason) ;;
    *) reason=$(printf '%s\n' "$text" | sed -n 's/.* is unhealthy: //p' | tail -n 1) ;;
  esac
  because "${ENDPOINT:-$CLIENT} does not serve: ${reason:-$(printf '%s\n' "$text" | tail -n 1)}"
  return 1
}

# Is there, though perhaps without a leader, or as a learner: so nobody logs in, which neither of them could grant. To be asked for a user
# is an answer.
etcd_answers() {
  local text
  text=$(LOGIN='' && ctl_within "${PATIENCE:-2s}" endpoint status 2>&1) && return 0
  ! etcd_wants_user "$text" || return 0
  because "${ENDPOINT:-$CLIENT} does not answer"
  return 1
}

# etcd_wait [TEST]: until the member that was just started passes the test (etcd_serves), or its process ends, at most a minute. Another
# process is a unit's next start: the one that was waited for has ended.
# The first learner takes 7.3 s: it waits for its own publish timeout (measured, 3.4 and 3.5).
etcd_wait() {
  local until pids PATIENCE=1s
  [ -z "$LOGIN" ] || PATIENCE=5s
  pids=$(etcd_pids)
  until=$(($(date +%s) + 60))
  until "${1:-etcd_serves}" 2>/dev/null; do
    [ -n "$pids" ] && [ "$(etcd_pids)" = "$pids" ] || { because "etcd ended: $(etcd_log_reason)"; return 1; }
    [ "$(date +%s)" -lt "$until" ] || { because "etcd runs, but does not pass ${1:-etcd_serves} within 60 s: $(etcd_log_reason)"; return 1; }
    nap
  done
}

# The alarms that are set, on one line. That they can't be listed is a failure: nothing said is not "no alarm".
etcd_alarms() {
  local alarms
  alarms=$(ctl alarm list) || { because "the alarms can't be listed at ${ENDPOINT:-$CLIENT}"; return 1; }
  one_line "$alarms"
}

# No alarm is set. NOSPACE stops writes, CORRUPT says that the members hold different data.
etcd_no_alarm() {
  local alarms
  alarms=$(etcd_alarms) || return
  [ -z "$alarms" ] || { because "alarm set: $alarms"; return 1; }
}

# etcdctl with API 2. Its TLS knows no way around a certificate's names; etcd's users of API 2 are not those of API 3, and none is known here.
etcd_v2_ctl() (
  endpoint="${ENDPOINT:-$CLIENT}"
  unset PASSWORD
  if etcd_speaks_tls "$endpoint"; then
    [ "$CLIENT_CERT_AUTH" != true ] || set -- --cert-file "$CLIENT_CERT" --key-file "$CLIENT_KEY" "$@"
    set -- --ca-file "$CA" "$@"
  fi
  ETCDCTL_API=2 NO_PROXY='*' no_proxy='*' exec "$HOME_PATH/bin/etcdctl" --no-sync --endpoints "$endpoint" "$@"
)

# v2 keys are served here: by this version, and as the inventory says.
etcd_serves_v2() { [ "$V2" = true ] && etcd_takes_v2_flag; }

# The v2 keys as "COUNT HASH"; "0 none" where v2 is off. hashKV does not see them. Keys that expire are left out: they differ from
# one look to the next. --no-sync: else etcdctl follows the advertised URLs to another member.
etcd_v2() {
  local text
  etcd_serves_v2 || { echo 0 none; return 0; }
  text=$(etcd_v2_ctl -o json ls --recursive --sort / 2>&1) ||
    case $text in
      *'404 page not found'* | *'response is invalid json'*) echo 0 none; return 0 ;;      # 3.4; 3.5.35
      *x509*) because "the v2 keys can't be read: $text (where none are served say so: host variable etcd_v2: \"false\")"; return 1 ;;
      *) because "the v2 keys can't be read: $text"; return 1 ;;
    esac
  # One node a record, from its key to its modifiedIndex. A quote inside a value is escaped, so a value can't look like a field.
  printf '%s' "$text" | awk 'BEGIN { RS = "{" } /"expiration":/ { next } /"value":/ && !/"dir":true/ { n++ }
    { sub(/"nodes":\[.*/, ""); if (match($0, /"modifiedIndex":[0-9]+/)) $0 = substr($0, 1, RSTART + RLENGTH - 1); print }
    END { print "count " n + 0 }' | {
    nodes=$(cat)
    echo "${nodes##*count }" "$(printf '%s' "$nodes" | sha256sum | cut -c 1-16)"
  }
}
