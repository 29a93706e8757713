# shellcheck shell=bash
# Starting, watching and ending the stack's processes. Each has a file run_dir/pids/<name> with its pid and the moment
# it started, by the kernel's clock: a pid alone may belong to someone else by now, and `down` must never kill that.

# process_birth PID: when the process started, in ticks since boot; empty when it is not there, or dead and not yet
# collected by its parent.
process_birth() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # The name in parentheses may hold spaces; what follows it is the state and, 19 fields later, the birth.
  awk '$1 != "Z" && $1 != "X" { print $20 }' <<<"${stat##*) }"
}

# pid_of NAME: its pid if it is running, else nothing.
pid_of() {
  local pid birth
  read -r pid birth 2>/dev/null <"$run_dir/pids/$1" || return 0
  if [[ -n $birth && $(process_birth "$pid") == "$birth" ]]; then echo "$pid"; fi
}

is_running() { [[ -n $(pid_of "$1") ]]; }

# was_started NAME: there is a record of it, whether it still runs or not.
was_started() { [[ -e $run_dir/pids/$1 ]]; }

# started_names: every process there is a record of.
started_names() {
  [[ -d $run_dir/pids ]] || return 0
  local file
  for file in "$run_dir"/pids/*; do
    if [[ -e $file ]]; then basename "$file"; fi
  done
}

log_of() { echo "$log_dir/$1.log"; }

# start_process NAME COMMAND…: starts it in a session of its own, so that a Ctrl-C meant for the terminal does not reach
# it, away from the caller's folder, with its output in its log. The lock of the stack (descriptor 9) is not handed
# down: the process would hold it for as long as it lives.
start_process() {
  local name=$1 pid birth
  shift
  mkdir -p "$run_dir/pids" "$log_dir"
  (cd / && exec setsid "$@") >>"$(log_of "$name")" 2>&1 </dev/null 9>&- &
  pid=$!
  # Else the shell would report its end, in its own words and in the middle of ours.
  disown "$pid"
  birth=$(process_birth "$pid")
  printf '%s %s\n' "$pid" "${birth:-0}" >"$run_dir/pids/$name"
  started_now+=("$name")
}

# signal_process NAME SIGNAL: does nothing when it is not running.
signal_process() {
  local pid
  pid=$(pid_of "$1")
  if [[ -n $pid ]]; then kill "-$2" "$pid" 2>/dev/null || true; fi
}

# wait_gone SECONDS NAME…: waits until none of them runs; false when the time is up.
wait_gone() {
  local deadline=$((SECONDS + $1)) name left
  shift
  while :; do
    left=0
    for name in "$@"; do
      if is_running "$name"; then left=1; fi
    done
    if ((!left)); then return 0; fi
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.1
  done
}

forget_process() { rm -f "$run_dir/pids/$1"; }

# end_processes SECONDS NAME…: waits for processes that were already told to end; those that do not are killed, and
# said so, since it means that something was lost or is broken.
end_processes() {
  local seconds=$1 name
  shift
  (($# > 0)) || return 0
  if ! wait_gone "$seconds" "$@"; then
    for name in "$@"; do
      if is_running "$name"; then
        warn "$name did not end within $seconds s and is killed; its log: $(log_of "$name")"
        signal_process "$name" KILL
      fi
    done
    wait_gone 5 "$@" || warn "something could not be killed"
  fi
  for name in "$@"; do forget_process "$name"; done
}

# fail_if_dead: ends the script when a process that this run started is gone, with the end of its log.
fail_if_dead() {
  local name
  for name in "${started_now[@]}"; do
    if ! is_running "$name"; then
      live_line_end
      say "error: $name ended right after its start. The end of its log:"
      tail_of "$(log_of "$name")"
      if tail -n 25 "$(log_of "$name")" | grep -q 'address already in use'; then
        say "Another program took one of its ports in the meantime. Run it again, or use another --offset."
      fi
      exit 1
    fi
  done
}

# time_left: seconds of the whole start's time, at least one.
time_left() { echo $((deadline - SECONDS > 1 ? deadline - SECONDS : 1)); }

# wait_until TEXT COMMAND…: until the command succeeds, a process dies, or the time for the whole start (`deadline`) is
# up.
wait_until() {
  local text=$1 started=$SECONDS shown=-1
  shift
  until "$@"; do
    fail_if_dead
    if ((SECONDS >= deadline)); then
      live_line_end
      die "gave up waiting after $(duration "$((SECONDS - started))"): $text. The logs are in $log_dir; --timeout gives more time."
    fi
    if ((SECONDS != shown)); then
      shown=$SECONDS
      live_line "  waiting: $text" "$((SECONDS - started))"
    fi
    sleep 0.05
  done
  live_line_end
}
