# A snapshot through the API, and the proof that it can be restored. Beside FILE stand FILE.sha256 and FILE.facts: what the member
# that it was saved from held at its revision.

# What a backup must know of a member: how far it is, whether v2 keys live there, and room for the snapshot and its restored form.
etcd_backup_look() {
  local revision v2
  etcd_serves || return
  revision=$(etcd_revision) && v2=$(etcd_v2) || return
  out revision "$revision"
  out v2_keys "${v2% *}"
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 128))"
}

# etcd_save_snapshot FILE: under another name until it is whole. What the member holds at the snapshot's revision is asked at once: later
# it may have forgotten that revision. Is it compacted meanwhile, its hash is one over less than the snapshot has: then once more.
etcd_save_snapshot() { patiently 600 etcd_save_snapshot_once "$@"; }
etcd_save_snapshot_once() {
  local text compacted revision keys hash
  ! etcd_snapshot_is_good "$1" 2>/dev/null || return 0
  etcd_serves || return
  mkdir -p -m 700 "${1%/*}" && rm -f "$1.saving" "$1.sha256" || return
  compacted=$(etcd_compacted) || return
  text=$(ctl_within 3000s snapshot save "$1.saving" 2>&1) || { because "no snapshot: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  revision=$(etcd_snapshot_revision "$1.saving") || return
  keys=$(etcd_keys "$revision") && hash=$(etcd_hash "$revision") || return 75
  [ "$compacted" = "$(etcd_compacted)" ] || { because "$NAME was compacted while the snapshot was saved"; return 75; }
  printf 'revision=%s\nkeys=%s\nhash=%s\n' "$revision" "$keys" "$hash" >"$1.facts"
  mv "$1.saving" "$1" && etcd_sign "$1"
}

# The SHA-256 names the file alone, so that it holds wherever both are copied to.
etcd_sign() { (cd "${1%/*}" && sha256sum "${1##*/}" >"${1##*/}.sha256"); }

etcd_snapshot_is_good() {
  [ -s "$1.sha256" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$(cut -d ' ' -f 1 "$1.sha256")" ] ||
    { because "$1 is not there, or not as it was saved"; return 1; }
  out file "$1"
  out sha256 "$(cut -d ' ' -f 1 "$1.sha256")"
  out bytes "$(wc -c <"$1" | tr -d ' ')"
}

# etcd_prove_snapshot FILE: restores it into a scratch etcd and compares revision, keys and hashKV with what the member held.
etcd_prove_snapshot() {
  [ -s "$1.facts" ] || { because "$1.facts is not there: it is not known what the member held"; return 1; }
  etcd_rehearse_snapshot "$1"
}

# etcd_rehearse_snapshot FILE: what would it come back as? In a scratch etcd, thrown away. Must be what FILE.facts says, if that is there.
etcd_rehearse_snapshot() {
  local scratch="$1.rehearsal" found="$1.found" rc=0 name
  etcd_scratch_gone "$scratch" && mkdir -m 700 "$scratch" || return
  etcd_unpack "$1" "$scratch" scratch http://127.0.0.1:23380 scratch=http://127.0.0.1:23380 scratch &&
    etcd_scratch "$scratch" etcd_look_at_copy >"$found" || rc=$?
  etcd_scratch_gone "$scratch"
  [ "$rc" = 0 ] || return "$rc"
  for name in revision keys hash; do
    [ ! -s "$1.facts" ] || [ "$(etcd_fact "$found" "$name")" = "$(etcd_fact "$1.facts" "$name")" ] ||
      { because "$name of the restored snapshot is $(etcd_fact "$found" "$name"), of the member it was $(etcd_fact "$1.facts" "$name")"; return 1; }
  done
  grep -e '^revision=' -e '^keys=' -e '^hash=' "$found" >>"$OUTPUT" && rm -f "$found"
}
