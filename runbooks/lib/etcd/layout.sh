# shellcheck disable=SC2174 # mkdir -p -m 700: only what holds the data is closed to others, the folders above are as usual
# Where a member lives: $HOME_PATH/{bin,data,wal,logs}, and beside them backup/ (copies) and aside/ (directories moved away).
# $OLD_HOME is where it lived before; often the same place.

etcd_layout() {
  etcd_homes_are_paths || return
  { mkdir -p "$HOME_PATH/bin" "$HOME_PATH/logs" && mkdir -p -m 700 "$HOME_PATH/data" "$HOME_PATH/wal"; } ||
    { because "$HOME_PATH can't be laid out here as user $(id -un)"; return 1; }
  true >>"$HOME_PATH/logs/etcd.log" || { because "$HOME_PATH/logs/etcd.log can't be written"; return 1; }
}

# A "~" or a path that begins elsewhere would be another folder in each place that uses it.
etcd_homes_are_paths() {
  local dir
  for dir in "$HOME_PATH" "$OLD_HOME"; do
    case $dir in /*) ;; *) because "etcd_home and etcd_old_home must begin with /, as written out in the inventory: $dir"; return 1 ;; esac
  done
}

etcd_is_laid_out() {
  [ -d "$HOME_PATH/bin" ] && [ -d "$HOME_PATH/data" ] && [ -d "$HOME_PATH/wal" ] && [ -w "$HOME_PATH/logs/etcd.log" ]
}

# The programs that $SOURCE holds. etcdutl exists since 3.5.
etcd_programs() {
  local program
  for program in etcd etcdctl; do
    [ -x "$SOURCE/$program" ] || { because "$SOURCE/$program is not there: host variable etcd_source names the folder that holds etcd and etcdctl"; return 1; }
    echo "$program"
  done
  [ ! -x "$SOURCE/etcdutl" ] || echo etcdutl
}

# Each program goes in under a new name and is renamed: a running one is not written to, a half one is never seen.
etcd_install_programs() {
  local programs program offered
  programs=$(etcd_programs) && offered=$(etcd_version_of "$SOURCE") && etcd_is_known "$offered" || return
  for program in $programs; do
    ! cmp -s "$SOURCE/$program" "$HOME_PATH/bin/$program" || continue
    [ -z "$(etcd_pids)" ] || { because "etcd runs here with another $program: stop it first, or upgrade it"; return 1; }
    { cp "$SOURCE/$program" "$HOME_PATH/bin/.$program.new" && chmod 755 "$HOME_PATH/bin/.$program.new" &&
      mv "$HOME_PATH/bin/.$program.new" "$HOME_PATH/bin/$program"; } || { because "$program could not be copied to $HOME_PATH/bin"; return 1; }
  done
  etcd_version >/dev/null
}

etcd_programs_are_installed() {
  local programs program
  programs=$(etcd_programs) || return
  for program in $programs; do cmp -s "$SOURCE/$program" "$HOME_PATH/bin/$program" || return 1; done
  out version "$(etcd_version)"
}

# etcd_is_known VERSION: of a generation on which these runbooks were tried.
etcd_is_known() {
  case $1 in 3.[3-7].*) ;; *) because "etcd ${1:-of an unknown version} is not supported yet: these runbooks were tried on 3.3 to 3.7 (docs/etcd/generations.md)"; return 1 ;; esac
}

etcd_version() { etcd_version_of "$HOME_PATH/bin"; }

# etcd_version_of FOLDER: of the etcd that it holds.
etcd_version_of() {
  local text
  text=$("$1/etcd" --version 2>&1) || { because "$1/etcd does not run here: $text"; return 1; }
  printf '%s\n' "$text" | awk '/^etcd Version:/ { print $3 }'
}

# etcd_at_least 3.4: is this host's etcd that generation or later?
etcd_at_least() {
  local version
  version=$(etcd_version) || return
  awk -v have="$version" -v want="$1" 'BEGIN { split(have, h, "."); split(want, w, "."); exit !(h[1] > w[1] || h[1] == w[1] && h[2] + 0 >= w[2] + 0) }'
}

# Data that a member could start from: a database and a log. The WAL may be inside the data directory.
etcd_has_data() { [ -s "$1/data/member/snap/db" ] && [ -n "$(etcd_wal_of "$1")" ]; }

# A rebuild takes what the old home holds: after the move that is a cluster of long ago, or nothing.
etcd_new_home_is_free() {
  [ "$HOME_PATH" = "$OLD_HOME" ] || ! etcd_has_data "$HOME_PATH" ||
    { because "$HOME_PATH holds data, and is still to be filled from $OLD_HOME: if this member was moved already take etcd_old_home out of the inventory; else move the data that is not wanted away"; return 1; }
}

etcd_data_is_there() { etcd_has_data "$HOME_PATH" || { because "$HOME_PATH holds no data to start from"; return 1; }; }

# The folder that holds the WAL files of the member at HOME, or nothing.
etcd_wal_of() {
  local dir file
  for dir in "$1/wal" "$1/data/member/wal"; do
    for file in "$dir"/*.wal; do
      [ ! -f "$file" ] || { echo "$dir"; return 0; }
    done
  done
}

# A member that has data ignores changed bootstrap flags: that is why a bootstrap wants both directories empty.
etcd_is_empty() {
  local dir
  etcd_is_down || return
  for dir in data wal; do
    [ -z "$(ls -A "$HOME_PATH/$dir" 2>/dev/null)" ] ||
      { because "$HOME_PATH/$dir holds data: a member that has data ignores the flags of a bootstrap"; return 1; }
  done
}

# Data and WAL are moved aside, never deleted, to a name that was never used before.
etcd_set_aside() {
  local place n=1
  etcd_is_down || return
  if ! etcd_is_empty 2>/dev/null; then
    place="$HOME_PATH/aside/$RUN"
    while [ -e "$place" ]; do n=$((n + 1)); place="$HOME_PATH/aside/$RUN.$n"; done
    mkdir -p -m 700 "$place" || return
    [ ! -e "$HOME_PATH/data" ] || mv "$HOME_PATH/data" "$place/data" || return
    [ ! -e "$HOME_PATH/wal" ] || mv "$HOME_PATH/wal" "$place/wal" || return
  fi
  mkdir -p -m 700 "$HOME_PATH/data" "$HOME_PATH/wal"
}
