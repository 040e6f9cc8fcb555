# shellcheck shell=bash
# How the launcher speaks: one line on stderr each, so stdout belongs to the program alone.

say() {
  printf 'nicosim: %s\n' "$*" >&2
}

# fail CODE MESSAGE...
fail() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# fail_with_log CODE LOG MESSAGE...: the end of the log first, since the cause is what the reader wants to see.
fail_with_log() {
  local code=$1 log=$2
  shift 2
  tail -n 40 -- "$log" >&2 || true
  fail "$code" "$*; the whole log is in $log"
}
