# etcd as a systemd unit, where the host variable etcd_unit names one ($UNIT). The unit runs bin/start as the user that logs in, so
# flags stand in one place, that user's, whoever starts it. Beside process.sh and start.sh, which ask here wherever a unit matters.
# Root is needed for systemctl alone, and once to put the unit's file where systemd reads it. What systemd does is from its manual
# pages (252): systemd.service(5), systemd.kill(5), systemd.unit(5), systemctl(1), journalctl(1).

# etcd_as_root COMMAND…: by sudo, which must not ask (a step has no terminal).
etcd_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

etcd_systemctl() {
  local text
  text=$(etcd_as_root systemctl "$@" 2>&1) || { because "systemctl $*, as root: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
}

# etcd_unit_shows PROPERTY: one property of the unit, as systemd has it now. Nobody needs to be root for it.
etcd_unit_shows() { systemctl show -p "$1" "$UNIT" 2>/dev/null | sed -n "s/^$1=//p"; }

# Started by the manager, so that Restart= and a start of the host hold again. --no-block: a unit of Type=notify is waited for until it
# is ready, and whether it serves is asked of etcd. reset-failed: after some starts in a row systemd refuses more (StartLimitBurst=).
etcd_unit_start() {
  rm -f "$HOME_PATH/stopped" || return
  etcd_systemctl reset-failed "$UNIT" 2>/dev/null || :
  etcd_systemctl start --no-block "$UNIT"
}

# What was stopped by systemctl is not brought back by Restart=. But a start of the host would bring it back, and so would somebody who
# does not know: for them stands the file `stopped`, which the unit takes as a condition. (A unit in /etc/systemd/system can't be
# masked, for the time being either.) On a full disk the file may not be had; the member is stopped all the same.
etcd_unit_stop() {
  { : >"$HOME_PATH/stopped"; } 2>/dev/null || :
  etcd_systemctl stop --no-block "$UNIT"
}

# Nothing runs in the unit, and nothing is about to: between two starts of Restart= there is no process, and there will be one.
etcd_unit_is_idle() {
  local state
  state=$(etcd_unit_shows ActiveState)
  case $state in
    inactive | failed) ;;
    *) because "$UNIT is ${state:-not known to systemctl} (a unit that restarts starts etcd again by itself)"; return 1 ;;
  esac
}

etcd_runs_by_unit() {
  [ "$(etcd_unit_shows MainPID)" = "$(etcd_pids)" ] || { because "etcd runs beside $UNIT, not by it"; return 1; }
}

# The unit is there, runs this member's start file as this user, and can be started and stopped from here.
etcd_unit_is_ours() {
  local exec user
  case $UNIT in */* | *[[:space:]]* | .service) because "etcd_unit must be the name of a unit, as etcd.service: $UNIT"; return 1 ;; *.service) ;; *) because "etcd_unit must end with .service: $UNIT"; return 1 ;; esac
  [ "$(etcd_unit_shows LoadState)" = loaded ] || { because "systemd knows no $UNIT here ($(etcd_unit_shows LoadState)): etcd/install writes it"; return 1; }
  exec=$(etcd_unit_shows ExecStart)
  case $exec in
    *"path=$HOME_PATH/bin/start ;"*) ;;
    *) because "$UNIT does not run $HOME_PATH/bin/start: give it ExecStart= and then ExecStart=$HOME_PATH/bin/start in a drop-in (systemctl edit $UNIT), or take another name for etcd_unit"; return 1 ;;
  esac
  user=$(etcd_unit_shows User)
  [ "${user:-root}" = "$(id -un)" ] || { because "$UNIT runs as user ${user:-root}, and this as $(id -un): let runbooks log in as that user"; return 1; }
  [ "$(id -u)" = 0 ] || sudo -n -l systemctl start --no-block "$UNIT" >/dev/null 2>&1 || { because "$(id -un) may not start $UNIT: sudoers must let it run systemctl without a password"; return 1; }
}

# etcd_install_unit: writes the unit where there is none by that name; one of somebody else is left as it is, and must run the start file.
etcd_install_unit() {
  local new="$HOME_PATH/.unit.new"
  if [ "$(etcd_unit_shows LoadState)" != loaded ] || grep -qs '^# Written by etcd/install' "$UNIT_FOLDER/$UNIT"; then
    etcd_unit_text >"$new" || { because "$new can't be written"; return 1; }
    etcd_as_root install -m 644 "$new" "$UNIT_FOLDER/$UNIT" || { because "$UNIT_FOLDER/$UNIT can't be written as root: put $new there yourself, then systemctl daemon-reload and enable $UNIT"; return 1; }
    rm -f "$new" && etcd_systemctl daemon-reload && etcd_systemctl enable "$UNIT" || return
  fi
  etcd_unit_is_ours
}

# After TimeoutStopSec= systemd would KILL, and what etcd has not written yet would be lost: SendSIGKILL=no.
etcd_unit_text() {
  cat <<END
# Written by etcd/install; the flags of etcd stand in $HOME_PATH/bin/start.
[Unit]
Description=etcd member $NAME
Wants=network-online.target
After=network-online.target
# There while a runbook has stopped this member; etcd/start takes it away.
ConditionPathExists=!$HOME_PATH/stopped

[Service]
User=$(id -un)
ExecStart=$HOME_PATH/bin/start
Restart=always
RestartSec=2
TimeoutStopSec=120
SendSIGKILL=no
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
END
}

# The files that say how the unit starts: its own, drop-ins, environment files (`systemctl cat` names each file in a comment before it).
etcd_unit_files() {
  local text file
  text=$(systemctl cat "$UNIT" 2>/dev/null) || return 0
  printf '%s\n' "$text" | sed -n 's|^# \(/.*\)$|\1|p'
  # shellcheck disable=SC2046 # a pattern stands for files, as in systemd
  for file in $(printf '%s\n' "$text" | sed -n 's|^[[:space:]]*EnvironmentFile=-\{0,1\}\(/.*\)$|\1|p'); do
    [ ! -f "$file" ] || echo "$file"
  done
}

# The journal from where this start began. Its own user may not read it unless it is in one of the groups that may.
etcd_journal() {
  case " $(id -nG) " in
    *' systemd-journal '* | *' adm '* | *' wheel '*) journalctl -q --no-pager -o cat -u "$UNIT" "$@" ;;
    *) etcd_as_root journalctl -q --no-pager -o cat -u "$UNIT" "$@" ;;
  esac 2>/dev/null
}

etcd_mark_journal() { etcd_journal -n 1 --show-cursor | sed -n 's/^-- cursor: //p' >"$HOME_PATH/logs/.cursor" 2>/dev/null || :; }

etcd_journal_since_start() {
  local cursor=''
  { IFS= read -r cursor <"$HOME_PATH/logs/.cursor"; } 2>/dev/null || :
  if [ -n "$cursor" ]; then etcd_journal --after-cursor="$cursor"; else etcd_journal; fi || :
}
