# shellcheck shell=bash
# What the scripts say, and how they show that something long is under way. Everything here goes to stderr: stdout is
# for answers (a path, the environment, a table).

say() { printf '%s\n' "$*" >&2; }

warn() { printf 'warning: %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# A duration in words, from seconds: 75 → "1 min 15 s".
duration() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' "$(($1 / 60))" "$(($1 % 60))"; fi
}

# live_line TEXT SECONDS: shows that TEXT is still under way. On a terminal one line is kept up to date; elsewhere a
# plain line appears every ten seconds, so that a log stays readable.
live_line() {
  if [[ -t 2 ]]; then
    printf '\r\033[K%s … %s' "$1" "$(duration "$2")" >&2
  elif (($2 > 0 && $2 % 10 == 0)); then
    say "$1 … $(duration "$2")"
  fi
}

# Ends what live_line keeps up to date.
live_line_end() {
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# tail_of LOG: the end of a log, set off from our own words.
tail_of() {
  [[ -s $1 ]] || { say "  (its log is empty)"; return 0; }
  tail -n 25 "$1" | cut -c 1-400 | sed 's/^/  | /' >&2
}

# with_progress TEXT LOG COMMAND…: runs a long command whose output goes to LOG, showing the time it takes. Returns the
# command's own status. The command is a job with a process group of its own, so that a Ctrl-C ends all of it: the
# commands of a script's background otherwise ignore that. It does not hold the stack's lock (descriptor 9).
with_progress() {
  local text=$1 log=$2 started=$SECONDS status=0 shown=-1 job
  shift 2
  say "$text"
  set -m
  "$@" >"$log" 2>&1 </dev/null 9>&- &
  job=$!
  set +m
  # shellcheck disable=SC2064 # the job is known now
  trap "kill -- -$job 2>/dev/null; exit 130" INT TERM
  while kill -0 "$job" 2>/dev/null; do
    if ((SECONDS != shown)); then
      shown=$SECONDS
      live_line " " "$((SECONDS - started))"
    fi
    sleep 0.2
  done
  wait "$job" || status=$?
  trap - INT TERM
  live_line_end
  if ((status == 0)); then say "  done in $(duration "$((SECONDS - started))")"; fi
  return "$status"
}
