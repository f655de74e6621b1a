# Certificates: which files a member and its tools show, whether they are good, and what a peer port says by TLS. A URL that begins with
# https:// is what turns TLS on; the files are on the host already, and only their paths are known here.

# etcd_speaks_tls URLS: is one of them https?
etcd_speaks_tls() { case $1 in *https://*) return 0 ;; *) return 1 ;; esac; }

# etcd_certificates: USE|CERTIFICATE|KEY|CA|HOSTS that it is shown as, one pair of files a line. Without a key it is only shown to others.
etcd_certificates() {
  local needed=false
  if etcd_speaks_tls "$LISTEN,$CLIENT"; then echo "server|$CERT|$KEY|$CA|$(etcd_hosts_of "$CLIENT,$CLIENTS")"; needed=$CLIENT_CERT_AUTH; fi
  if etcd_speaks_tls "$PEER"; then echo "peer|$PEER_CERT|$PEER_KEY|$PEER_CA|$(etcd_hosts_of "$PEER")"; fi
  [ "$needed" != true ] || echo "client|$CLIENT_CERT|$CLIENT_KEY|$CA|"
}

# etcd_hosts_of URLS: the hosts of those that are https.
etcd_hosts_of() {
  one_line "$(printf '%s\n' "$1" | tr ',' '\n' | sed -n 's|^https://\(.*\):[0-9]*$|\1|p' | sort -u)"
}

# What must be right with the certificates before a member is started with them. Writes what was looked at as the output `certificates`:
# empty without TLS, and of those that end within 30 days when they do.
etcd_certificates_are_good() {
  local use cert key ca hosts said=''
  while IFS='|' read -r use cert key ca hosts; do
    [ -n "$use" ] || continue
    etcd_can_be_read "$use" "$cert" "$key" "$ca" || return
    if ! command -v openssl >/dev/null; then said='not checked: openssl is not on this host'; continue; fi
    etcd_certificate_is_good "$use" "$cert" "$key" "$ca" "$hosts" || return
    said="$said${said:+; }$use until $(etcd_ends "$cert")"
    openssl x509 -in "$cert" -noout -checkend 2592000 >/dev/null || said="$said (SOON)"
  done <<END
$(etcd_certificates)
END
  out certificates "$said"
}

etcd_can_be_read() {
  local use="$1" file
  shift
  for file in "$@"; do
    [ -r "$file" ] && [ -s "$file" ] || { because "$file, for $use, is not there or can't be read by user $(id -un): host variable etcd_tls names the folder"; return 1; }
  done
}

# etcd_certificate_is_good USE CERTIFICATE KEY CA HOSTS: the CA vouches for it and it is its time, for what it is used; the key is its own; it names the hosts.
etcd_certificate_is_good() {
  local use="$1" cert="$2" key="$3" ca="$4" host as text public
  case $use in server) as=sslserver ;; client) as=sslclient ;; peer) as='sslserver sslclient' ;; esac
  for as in $as; do
    text=$(openssl verify -CAfile "$ca" -untrusted "$cert" -purpose "$as" "$cert" 2>&1) ||
      { because "$cert ($use, until $(etcd_ends "$cert")): $(printf '%s\n' "$text" | sed -n 's/^error [0-9]* at [0-9]* depth lookup: *//p' | head -n 1) ($ca, $as)"; return 1; }
  done
  public=$(openssl x509 -in "$cert" -noout -pubkey 2>/dev/null)
  [ -n "$public" ] && [ "$public" = "$(openssl pkey -in "$key" -passin pass: -pubout 2>/dev/null)" ] || { because "$key is not the key of $cert, or can't be read without a password"; return 1; }
  for host in $5; do
    etcd_certificate_names "$cert" "$host" || { because "$cert ($use) does not name $host: $(one_line "$(openssl x509 -in "$cert" -noout -ext subjectAltName 2>/dev/null | tail -n +2)")"; return 1; }
  done
}

# etcd_certificate_names CERTIFICATE HOST: openssl says it in words; its status says nothing (3.0).
etcd_certificate_names() {
  local how=-checkhost
  case $2 in *[!0-9.]*) case $2 in *:*) how=-checkip ;; esac ;; *) how=-checkip ;; esac
  case $(openssl x509 -in "$1" -noout "$how" "${2#[}" 2>&1) in *'does match certificate'*) return 0 ;; *) return 1 ;; esac
}

etcd_ends() { openssl x509 -in "$1" -noout -enddate 2>/dev/null | cut -d = -f 2; }

# etcd_expired_by REFUSAL: the certificates of this host whose time is over, each as "PATH ended DATE"; without openssl it is known from what
# etcdctl was told alone. etcd_expiring: those that end within 30 days.
etcd_expired_by() {
  if command -v openssl >/dev/null; then etcd_ending 0 ended; return; fi
  case $1 in *'certificate has expired'*) printf '%s' "$1" ;; esac
}
etcd_expiring() { etcd_ending 2592000 ends; }
etcd_ending() {
  command -v openssl >/dev/null || return 0
  etcd_certificates | while IFS='|' read -r _ cert _ ca _; do
    for cert in "$cert" "$ca"; do
      [ -r "$cert" ] || continue
      openssl x509 -in "$cert" -noout -checkend "$1" >/dev/null 2>&1 || printf '%s %s %s\n' "$cert" "$2" "$(etcd_ends "$cert")"
    done
  done | sort -u | awk '{ all = all (all == "" ? "" : ", ") $0 } END { print all }'
}

etcd_peer_can_be_asked() {
  ! etcd_speaks_tls "$PEER" || command -v openssl >/dev/null || { because "openssl is not on this host, to ask $PEER for the cluster's version with"; return 1; }
}

# etcd_ask_peer PATH: what this member's peer port answers, by TLS, where a client's port would want a certificate that the worker does not have.
etcd_ask_peer() {
  local at="${PEER#*://}"
  etcd_peer_can_be_asked || return
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" "$at" |
    openssl s_client -connect "$at" -CAfile "$PEER_CA" -cert "$PEER_CERT" -key "$PEER_KEY" -verify_return_error -quiet 2>/dev/null
}

# How many are registered, asked at the peer port, which answers without a quorum.
etcd_registered_count() {
  local answer
  answer=$(etcd_ask_peer /members) || { because "$PEER does not answer"; return 1; }
  out voters "$(printf '%s\n' "$answer" | grep -o '"peerURLs"' | grep -c .)"
}

# etcd_cluster_is MINOR: the cluster itself is of that version, as its peer port says.
etcd_cluster_is() {
  local cluster
  cluster=$(etcd_ask_peer /version | sed -n 's/.*"etcdcluster":"\([0-9.]*\)".*/\1/p')
  out cluster "$cluster"
  [ "${cluster%.*}" = "$1" ] || { because "the cluster is of ${cluster:-a version that $PEER does not say}, not of $1"; return 75; }
}
