# The start file: $HOME_PATH/bin/start.

# etcd_install_start [STATE CLUSTER TOKEN]: writes it. Without arguments it names no cluster: enough for a member
# that has data, refused by etcd where there is none. The flags are those of the written procedure.
# Arguments given to the start file are flags for that one start (etcd takes the last of two), so that
# --force-new-cluster never has to stand in a file, where the next restart would eject every other member.
etcd_install_start() {
  local new="$HOME_PATH/bin/.start.new"
  etcd_more_flags >/dev/null || return
  {
    echo '#!/bin/sh'
    if [ -n "$UNIT" ]; then echo "# Becomes this member; $UNIT runs it. Arguments are flags for this one start only."
    else
      echo '# Starts this member. Arguments are flags for this one start only. The log is written because etcd is given the'
      echo '# file itself, and etcd outlives the caller because it leaves its session and holds none of its pipes.'
    fi
    echo "export NO_PROXY='*' no_proxy='*'"
    # shellcheck disable=SC2016 # it is the start file's to expand
    echo 'case $(uname -m) in aarch64) export ETCD_UNSUPPORTED_ARCH=arm64 ;; esac   # asked for before 3.5'
    echo 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-'
    if [ -n "$UNIT" ]; then printf exec; else printf setsid; fi
    printf ' %s' "$(quoted "$HOME_PATH/bin/etcd")"
    etcd_flags "$@" | awk '{ flag = $1; sub(/^[^ ]+ ?/, ""); gsub(/\047/, "\047\\\047\047"); printf " \\\n  %s", flag; if ($0 != "") printf " \047%s\047", $0 }'
    printf ' \\\n  "$@"'
    [ -n "$UNIT" ] || printf ' >>%s 2>&1 </dev/null &' "$(quoted "$HOME_PATH/logs/etcd.log")"
    echo
  } >"$new" || { because "$new can't be written"; return 1; }
  chmod 755 "$new" && mv "$new" "$HOME_PATH/bin/start"
}

# One flag a line.
etcd_flags() {
  cat <<END
--name $NAME
--data-dir $HOME_PATH/data
--wal-dir $HOME_PATH/wal
--snapshot-count 10000
--heartbeat-interval 100
--election-timeout 1000
--max-snapshots 5
--max-wals 5
--listen-peer-urls $PEER
--listen-client-urls $LISTEN
--advertise-client-urls $CLIENTS
END
  etcd_tls_flags
  if etcd_takes_v2_flag; then echo "--enable-v2=$V2"; fi
  etcd_more_flags
  # Without a cluster to join, "existing" is refused where there is no data; else etcd would make a new cluster of one.
  [ $# -gt 0 ] || { echo '--initial-cluster-state existing'; return 0; }
  cat <<END
--initial-advertise-peer-urls $PEER
--initial-cluster-state $1
--initial-cluster $2
--initial-cluster-token $3
END
}

# What the host variable etcd_flags adds; last, so that it wins.
etcd_more_flags() (
  set -f
  for flag in $FLAGS; do
    case $flag in
      --*force-new-cluster* | --initial-*) because "etcd_flags must not hold $flag: runbooks give it, for one start"; return 1 ;;
      *[!a-zA-Z0-9_.,:/=@%+-]*) because "etcd_flags holds $flag: only letters, digits and _.,:/=@%+- can stand there"; return 1 ;;
      --[a-z]*=*) echo "$flag" ;;
      *) because "etcd_flags holds $flag: each must be written as --flag=value"; return 1 ;;
    esac
  done
)

# etcd_lost_flags: what stands in the start file and would not be there any more if it were written anew. What the inventory decides
# (names, URLs, certificates) is compared by the flag alone, what is always the same by its value too.
etcd_lost_flags() {
  [ -f "$HOME_PATH/bin/start" ] || return 0
  {
    etcd_flags
    echo ---
    grep -v '^[[:space:]]*#' "$HOME_PATH/bin/start"
  } | awk -v quote="'" '
    function flag(word) { sub(/=.*/, "", word); return word }
    function value(word) { return sub(/^[^=]*=/, "", word) ? word : "" }
    $0 == "---" { file = 1; next }
    { gsub("[" quote "\"\\\\]", "") }
    !file { wanted[flag($1)] = $1 ~ /=/ ? value($1) : $2; next }
    { for (i = 1; i <= NF; i++) if ($i ~ /^--[a-z]/) {
        name = flag($i); is = $i ~ /=/ ? value($i) : (i < NF && $(i + 1) !~ /^-/ ? $(i + 1) : "")
        if (name ~ /^--(initial-|force-new-cluster$|enable-v2$)/) continue
        if (!(name in wanted) || name ~ /^--(snapshot-count|heartbeat-interval|election-timeout|max-snapshots|max-wals)$/ && is != wanted[name]) print name (is == "" ? "" : "=" is)
      } }'
}

# Runbooks write the start file anew; what somebody has added to it must stand in the inventory before.
etcd_keeps_flags() {
  local lost
  etcd_more_flags >/dev/null && lost=$(etcd_lost_flags) || return
  [ -z "$lost" ] || { because "$HOME_PATH/bin/start has what the inventory has not, and would lose it: $(one_line "$lost"). Put it into the host variable etcd_flags (docs/etcd/hosts.md)"; return 1; }
}

# With the CA etcd asks every client for a certificate. Peers show each other one always.
etcd_tls_flags() {
  if etcd_speaks_tls "$LISTEN"; then
    printf '%s\n' "--cert-file $CERT" "--key-file $KEY"
    [ "$CLIENT_CERT_AUTH" != true ] || printf '%s\n' "--trusted-ca-file $CA" --client-cert-auth
  fi
  if etcd_speaks_tls "$PEER"; then
    printf '%s\n' "--peer-cert-file $PEER_CERT" "--peer-key-file $PEER_KEY" "--peer-trusted-ca-file $PEER_CA" --peer-client-cert-auth
  fi
}

# --enable-v2 came with 3.2 (on if left out until 3.4) and went with 3.6.
etcd_takes_v2_flag() { case $(etcd_version) in 3.[2345].*) ;; *) return 1 ;; esac; }

# The start file is here, for the way in which etcd is run on this host, and so is its unit.
etcd_start_is_installed() {
  local file="$HOME_PATH/bin/start"
  [ -x "$file" ] || { because "$file is not there"; return 1; }
  etcd_has_more_flags || { because "$file lacks what etcd_flags says"; return 1; }
  case "$UNIT $(grep -c '^# Becomes this member' "$file")" in
    ' 0') ;;
    ' '*) because "$file is a unit's"; return 1 ;;
    *' 0') because "$file is not a unit's"; return 1 ;;
    *) etcd_unit_is_ours ;;
  esac
}

# Every flag of etcd_flags stands in the start file.
etcd_has_more_flags() (
  set -f
  for flag in $FLAGS; do grep -qF -e " $flag " "$HOME_PATH/bin/start" || return 1; done
)

# Once a member has data its start file names no cluster. Where the data is lost etcd then refuses to start; with a cluster in the
# file it would come back by itself, by its old name and without what it has voted for.
etcd_start_names_no_cluster() {
  ! grep -q -e '--initial-cluster ' "$HOME_PATH/bin/start" || { because "$HOME_PATH/bin/start still names a cluster"; return 1; }
}

# The files that carry the flag: our start file, scripts of others beside it or one level up, and what belongs to the unit.
etcd_files_with_force_flag() {
  {
    printf '%s\n' "$HOME_PATH"/bin/* "$HOME_PATH"/*.sh "$OLD_HOME"/bin/* "$OLD_HOME"/*.sh
    [ -z "$UNIT" ] || etcd_unit_files
  } | sort -u | while IFS= read -r file; do
    case $file in */etcd | */etcdctl | */etcdutl | *.before-*) continue ;; esac
    [ -f "$file" ] || continue
    ! etcd_read "$file" | grep -v '^[[:space:]]*[#;]' | grep -qE -e '-force-new-cluster([^=]|=[tT1]|$)' -e 'ETCD_FORCE_NEW_CLUSTER=["'"'"']?[tT1]' || echo "$file"
  done
}

# An environment file may be root's alone.
etcd_read() { if [ -r "$1" ]; then cat "$1"; else etcd_as_root cat "$1"; fi 2>/dev/null; }

etcd_no_force_flag() {
  local files
  files=$(etcd_files_with_force_flag)
  [ -z "$files" ] || { because "--force-new-cluster stands in $(one_line "$files"): the next restart would eject every other member"; return 1; }
}

# Takes the flag out of every such file; each keeps its old text beside it under a name that systemd does not read. A variable is
# set to false: an Environment= without a value would take away those that were set before it.
etcd_remove_force_flag() {
  local file as new="$HOME_PATH/bin/.without-flag"
  for file in $(etcd_files_with_force_flag); do
    etcd_read "$file" | sed -e '/^[[:space:]]*[#;]/!{' -e 's/[[:space:]]*-\{1,2\}force-new-cluster\(=[a-zA-Z0-9]*\)\{0,1\}//g' \
      -e 's/\(ETCD_FORCE_NEW_CLUSTER=["'"'"']\{0,1\}\)[a-zA-Z0-9]*/\1false/g' -e '}' >"$new"
    as=''
    [ -w "$file" ] && [ -w "${file%/*}" ] || as=etcd_as_root
    { $as cp -p "$file" "$file.before-$RUN" && $as chmod a-x "$file.before-$RUN" && $as cp "$new" "$file"; } ||
      { because "--force-new-cluster can't be taken out of $file"; return 1; }
    rm -f "$new"
  done
  [ -z "$UNIT" ] || etcd_systemctl daemon-reload || return
  etcd_no_force_flag
}
