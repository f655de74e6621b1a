# shellcheck disable=SC2174 # mkdir -p -m 700: only what holds the data is closed to others, the folders above are as usual
# The raw copy of a stopped member's directories is the backup: `etcdctl backup` on 3.3 and 3.4 drops every v3 key without a word.

# etcd_copy TO: data and WAL of the old home to TO/{data,wal}, with the SHA-256 of every file taken from the original.
# TO is there only when it is whole; the originals are read and nothing else.
etcd_copy() {
  local part="$1.part" wal
  etcd_is_down || return
  ! etcd_copy_is_good "$1" 2>/dev/null || return 0
  [ ! -e "$1" ] || { because "$1 is there and is not a good copy: look at it, then move it away"; return 1; }
  wal=$(etcd_wal_of "$OLD_HOME")
  [ -n "$wal" ] || { because "$OLD_HOME holds no WAL: nothing to copy"; return 1; }
  rm -rf "$part" && mkdir -p -m 700 "$part/wal" || return
  { cp -Rp "$OLD_HOME/data" "$part/data" && rm -rf "$part/data/member/wal"; } || { because "copying $OLD_HOME/data failed"; return 1; }
  # N.tmp is the next, empty WAL file that etcd keeps ready (64 MB): nothing is in it.
  (cd "$wal" && for file in *; do case $file in *.tmp) ;; *) cp -Rp "$file" "$part/wal/" || exit ;; esac; done) ||
    { because "copying $wal failed"; return 1; }
  (etcd_sums "$OLD_HOME" data && etcd_sums "$wal/.." "${wal##*/}") >"$part/SHA256SUMS" || { because "no SHA-256 of the originals"; return 1; }
  (cd "$part" && sha256sum -c SHA256SUMS >/dev/null 2>&1) || { because "the copy in $part differs from the original"; return 1; }
  mv "$part" "$1"
}

# etcd_sums FOLDER TREE: SHA-256 of each file of the tree that a copy holds, in one order on every host.
etcd_sums() {
  (cd "$1" && find "$2" -type f ! -name '*.tmp' ! -path 'data/member/wal/*' -exec sha256sum {} + | LC_ALL=C sort -k 2)
}

# etcd_copy_is_good TO: the copy is whole and unchanged. Writes one SHA-256 that stands for all.
etcd_copy_is_good() {
  [ -s "$1/SHA256SUMS" ] || { because "$1 holds no copy"; return 1; }
  (cd "$1" && sha256sum -c SHA256SUMS >/dev/null 2>&1) || { because "$1 is not as it was when it was made"; return 1; }
  out sha256 "$(sha256sum "$1/SHA256SUMS" | cut -d ' ' -f 1)"
}

# etcd_fact FILE NAME: what was found in a copy, kept beside it as name=value lines.
etcd_fact() { awk -F = -v name="$2" '$1 == name { print $2 }' "$1"; }
