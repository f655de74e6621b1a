# Room: on a member's disk, and in its database.

# etcd_disk_look: how full the disk is, and what takes the room beside the member's own data. What may go is a person's to say.
etcd_disk_look() {
  local home
  home=$(cd -P "$HOME_PATH" && pwd -P) || { because "$HOME_PATH is not there"; return 1; }
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 128))"
  out has_data "$(etcd_yes etcd_has_data "$HOME_PATH")"
  out largest "$(etcd_largest "$home" | head -n 8)"
}

# etcd_largest HOME: the largest files of the home folder and the member's, "MB path" a line, without its database and log. One file system only.
etcd_largest() {
  find "$HOME" "$1" -xdev -type f -size +2048 ! -path "$1/data/*" ! -path "$1/wal/*" ! -path "$1/bin/*" -exec du -k {} + 2>/dev/null |
    sort -rn | awk '!seen[$2]++ { kb = $1; sub(/^[0-9]+[ \t]+/, ""); print int(kb / 1024) " MB " $0 }'
}

etcd_has_room() {
  local free
  free=$(etcd_free_mb)
  out free_mb "$free"
  [ "$free" -ge "$1" ] || { because "$free MB are free where $HOME_PATH is, and $1 MB are needed"; return 1; }
}

# etcd_space_look: how large the database is, and how much of it is in use. A defragmentation writes the used part once more beside it.
etcd_space_look() {
  local text alarms
  text=$(ctl endpoint status -w fields 2>&1) || { because "$NAME does not answer: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  alarms=$(etcd_alarms) || return
  printf '%s\n' "$text" | awk -F ' : ' '{ gsub(/"/, "") } $1 == "Revision" { print "revision=" $2 } $1 == "DBSize" { size = $2 }
    $1 == "MemberID" { me = $2 } $1 == "Leader" { leader = $2 }
    END { print "db_mb=" int(size / 1048576) + 1; print "leads=" (me == leader ? "true" : "false") }' >>"$OUTPUT"
  out free_mb "$(etcd_free_mb)"
  out alarms "$alarms"
}

# etcd_compact REVISION: forgets every version before it, and waits until the room is given back inside the database.
etcd_compact() {
  local text
  text=$(ctl_within 120s compact "$1" --physical 2>&1) && return 0
  case $text in
    *'has been compacted'*) return 0 ;;
    *) because "no compaction to $1: $(printf '%s\n' "$text" | tail -n 1)"; return 1 ;;
  esac
}

# The member answers nobody meanwhile: one at a time.
etcd_defragment() {
  local text
  text=$(ctl_within 600s defrag 2>&1) || { because "$NAME was not defragmented: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  etcd_wait || return
  out db_mb "$(ctl_field DBSize endpoint status | awk '{ print int($1 / 1048576) + 1 }')"
}
