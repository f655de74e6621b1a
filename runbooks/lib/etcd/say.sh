# The few words that all other files use. POSIX sh (dash, busybox ash, bash), no side effect when it is read.
# Every function here and beside works with and without `set -e`: `-e` is off wherever a caller writes `if f` or `f ||`,
# so what may fail says `|| return` itself.

# because SENTENCE: the reason of a failure. The last line on stderr is what the person is shown.
because() { printf '%s\n' "$*" >&2; }

# out NAME VALUE: one output of the step. A value of several lines is written as a block.
out() {
  case $2 in
    *'
'*) printf '%s<<END_OF_%s\n%s\nEND_OF_%s\n' "$1" "$1" "$2" "$1" ;;
    *) printf '%s=%s\n' "$1" "$2" ;;
  esac >>"$OUTPUT"
}

# one_line TEXT: its words on one line, whatever stood between them.
one_line() (
  set -f
  # shellcheck disable=SC2086 # the words are what is wanted; with -f none of them is a pattern
  set -- $1
  printf '%s\n' "$*"
)

# Short enough not to be felt. A sleep that knows no fractions (a small busybox) sleeps a second.
nap() { sleep 0.2 2>/dev/null || sleep 1; }

# patiently SECONDS COMMAND…: again while it says 75 (EX_TEMPFAIL: not now, but soon), at most so long.
# Waits for the cause to go, not for a time; any other failure ends it at once.
patiently() {
  local until rc
  until=$(($(date +%s) + $1))
  shift
  while :; do
    rc=0
    "$@" || rc=$?
    [ "$rc" = 75 ] || return "$rc"
    [ "$(date +%s)" -lt "$until" ] || return 75
    nap
  done
}

# One word for the shell, whatever it holds: 'it'\''s'.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
