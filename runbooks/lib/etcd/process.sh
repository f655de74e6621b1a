# This member's process. It is found by its data directory through /proc, not by a pid file: a pid that was used again can't
# deceive, and a member that was started by hand is found too.

# etcd_pids [DIR…]: the processes that run on these data directories (this member's, now and before, if none is given).
etcd_pids() {
  local file line dir
  [ $# -gt 0 ] || set -- "$HOME_PATH/data" "$OLD_HOME/data"
  # shellcheck disable=SC2013 # names in /proc have no blanks
  for file in $(grep -lsF -e etcd /proc/[0-9]*/cmdline); do        # (busybox reads to the first NUL only: the program)
    line=''
    { IFS= read -r line <"$file"; } 2>/dev/null || :       # the NULs between the arguments are dropped
    for dir in "$@"; do
      case $line in
        *etcd*--data-dir"$dir"--* | *etcd*--data-dir="$dir"--* | *etcd*--data-dir"$dir" | *etcd*--data-dir="$dir")
          file=${file#/proc/}
          echo "${file%/cmdline}"
          break ;;
      esac
    done
  done
}

# Starts etcd by its start file; the arguments are flags for this one start. Nothing happens where it runs already.
# A start with flags is never the unit's: what stands in no unit, no drop-in and no environment file is not started again by
# Restart=, by a start of the host, or by somebody who does not know. Meanwhile the unit is idle, and its file `stopped` is there.
etcd_up() {
  local naps=10
  [ -z "$(etcd_pids)" ] || return 0
  [ -x "$HOME_PATH/bin/start" ] || { because "$HOME_PATH/bin/start is not there: etcd/install writes it"; return 1; }
  etcd_mark_log
  # The daemon must not keep the password in its environment.
  if [ -z "$UNIT" ]; then (unset PASSWORD && "$HOME_PATH/bin/start" "$@") || { because "$HOME_PATH/bin/start failed"; return 1; }
  elif [ $# -eq 0 ]; then etcd_unit_start || return
  else
    etcd_unit_is_idle || return
    (unset PASSWORD && exec setsid "$HOME_PATH/bin/start" "$@" >>"$HOME_PATH/logs/etcd.log" 2>&1 </dev/null) &
  fi
  # It is a shell until it becomes etcd; systemd takes a start as a job, for some time later.
  [ -z "$UNIT" ] || naps=50
  while [ -z "$(etcd_pids)" ] && [ "$naps" -gt 0 ]; do naps=$((naps - 1)); nap; done
}

# Stops it with TERM and waits until it is gone. Never KILL: what etcd has not written yet would be lost.
# A quiet member of three takes up to 9 s (measured, 3.5.16 stopped in parallel).
etcd_down() {
  local pids until ending=0
  [ -z "$UNIT" ] || etcd_unit_stop || return                 # first, or Restart= would bring it back
  pids=$(etcd_pids)
  # shellcheck disable=SC2086 # a word for each process
  [ -z "$pids" ] || kill -TERM $pids 2>/dev/null || :        # gone by itself in between
  until=$(($(date +%s) + 60))
  while pids=$(etcd_pids) && [ -n "$pids" ]; do
    [ "$(date +%s)" -lt "$until" ] || { because "etcd (process $(one_line "$pids")) is still there 60 s after TERM: find out why before it is killed"; return 1; }
    nap
  done
  # The unit ends after its process; one that was about to start etcd again ends without any.
  while [ -n "$UNIT" ] && ! etcd_unit_is_idle 2>/dev/null && [ "$(date +%s)" -lt "$until" ]; do nap; done
  # A process that is just ending has no arguments any more, and its files open still.
  while ! etcd_is_down 2>/dev/null && [ "$ending" -lt 25 ]; do ending=$((ending + 1)); nap; done
  etcd_is_down
}

# Proof that nothing runs on this member's directories: no etcd by its arguments, no unit that is about to start one, and no process
# that has a file of them open (an etcd whose data directory came from its environment).
etcd_is_down() {
  local pids dir
  pids=$(etcd_pids)
  [ -z "$pids" ] || { because "etcd still runs here (process $(one_line "$pids"))"; return 1; }
  [ -z "$UNIT" ] || etcd_unit_is_idle || return
  for dir in "$HOME_PATH" "$OLD_HOME"; do
    [ -d "$dir" ] || continue
    dir=$(cd -P "$dir" && pwd -P) || return
    # shellcheck disable=SC2010 # what is looked at is where the links lead, not their names
    ! ls -l /proc/[0-9]*/fd 2>/dev/null | grep -qF -e "-> $dir/data/member/" -e "-> $dir/wal/" ||
      { because "a process that is not known as etcd has files under $dir/data open"; return 1; }
  done
}

# Runs, and by its start file alone: no flag of one start is left in the process, in its environment, or in a file.
etcd_runs_plain() {
  local pid line=''
  pid=$(etcd_pids)
  [ -n "$pid" ] || { because "etcd does not run here"; return 1; }
  { IFS= read -r line <"/proc/$pid/cmdline"; } 2>/dev/null || :
  ! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qE -e '^--?force-new-cluster(=[tT1].*)?$' || { because "the process runs with --force-new-cluster"; return 1; }
  case $line in
    *--snapshot-count1 | *--snapshot-count1--*) because "the process still runs with --snapshot-count 1"; return 1 ;;
  esac
  ! tr '\0' '\n' <"/proc/$pid/environ" | grep -q '^ETCD_FORCE_NEW_CLUSTER=[tT1]' || { because "ETCD_FORCE_NEW_CLUSTER is set in the process"; return 1; }
  etcd_no_force_flag
}

# As it shall run for good: by its start file alone, and by its unit where it has one.
etcd_is_settled() {
  etcd_runs_plain || return
  [ -z "$UNIT" ] || etcd_runs_by_unit
}

# The log is read from where this start began, so that an old failure is not taken for a new one. What the unit starts writes to the
# journal, and a start with flags to logs/etcd.log.
etcd_mark_log() {
  { wc -c <"$HOME_PATH/logs/etcd.log" >"$HOME_PATH/logs/.mark"; } 2>/dev/null || :
  [ -z "$UNIT" ] || etcd_mark_journal
}

etcd_log_since_start() {
  local mark=0
  { read -r mark <"$HOME_PATH/logs/.mark"; } 2>/dev/null || mark=0
  tail -c "+$((mark + 1))" "$HOME_PATH/logs/etcd.log" 2>/dev/null
  [ -z "$UNIT" ] || etcd_journal_since_start
}

# etcd_has_logged WORDS…: as grep takes them, since this start.
etcd_has_logged() { etcd_log_since_start | grep -qF "$@"; }

# etcd_log_reason [LOG]: the last line in which etcd says why it ended.
etcd_log_reason() {
  if [ $# -gt 0 ]; then cat "$1"; else etcd_log_since_start; fi 2>/dev/null | tail -n 200 |
    awk '/panic|fatal| [CE] \| |no space left|"level":"error"/ { line = $0 } { last = $0 }
      function field(name) { return match(line, "\"" name "\":\"[^\"]*") ? substr(line, RSTART + length(name) + 4, RLENGTH - length(name) - 4) : "" }
      END { if (line == "") line = last; if (line ~ /^\{/) line = field("msg") (field("error") == "" ? "" : ": " field("error")); print substr(line, 1, 400) }'
}
