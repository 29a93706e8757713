# shellcheck shell=bash
# `stack status`, `stack env` and `stack logs`: what there is to know about a running stack.

# memory_of PID: resident memory in MB. PostgreSQL is many processes that share memory: the proportional share of each,
# added up, where the kernel tells it.
memory_of() {
  local pid pss=0
  if [[ -n $(children_of "$1") ]]; then
    for pid in "$1" $(children_of "$1"); do
      pss=$((pss + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
    done
    if ((pss > 0)); then
      echo $((pss / 1024))
      return
    fi
  fi
  awk '/^VmRSS:/ { printf "%d", $2 / 1024 }' "/proc/$1/status" 2>/dev/null
}

children_of() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }

# readiness NAME: one word.
readiness() {
  case $1 in
    kafka) kafka_is_listening && [[ -e $run_dir/topics-made ]] ;;
    postgres)
      postgres_home=$(cat "$run_dir/postgres-home")
      postgres_is_ready
      ;;
    daprd-*) sidecar_is_ready "${1#daprd-}" ;;
    *) app_is_ready "$1" ;;
  esac && echo ready || echo "not ready"
}

status() {
  local name pid format='%-22s %8s %6s  %-10s %7s\n' all=0
  # shellcheck disable=SC2059 # the format is ours
  printf "$format" NAME PID PORT STATE "RSS MB"
  for name in postgres kafka $(services) $(services | sed 's/^/daprd-/'); do
    pid=$(pid_of "$name")
    if [[ -n $pid ]]; then
      # shellcheck disable=SC2059
      printf "$format" "$name" "$pid" "$(main_port "$name")" "$(readiness "$name")" "$(memory_of "$pid")"
    elif was_started "$name"; then
      # shellcheck disable=SC2059
      printf "$format" "$name" - "$(main_port "$name")" dead -
      all=1
    fi
  done
  if [[ -z $(started_names) ]]; then say "nothing is running at port offset $offset"; fi
  return "$all"
}

# environment: what a test, or a person with grpcurl, needs to reach this stack.
environment() {
  local id key tool
  [[ -s $run_dir/secret ]] || die "no stack was started at port offset $offset: run scripts/stack up"
  echo "LEARNFLOW_GATEWAY_URL=http://127.0.0.1:$(app_port gateway)"
  echo "LEARNFLOW_KAFKA_BROKERS=$(kafka_brokers)"
  echo "DATABASE_URL=$(database_url "$database_owner")"
  echo "LEARNFLOW_STATE_DATABASE_URL=$(database_url "$state_role")"
  for id in $(services); do
    key=$(service_variable "$id")
    echo "LEARNFLOW_APP_$key=127.0.0.1:$(app_port "$id")"
    echo "LEARNFLOW_SIDECAR_$key=127.0.0.1:$(sidecar_grpc_port "$id")"
    echo "LEARNFLOW_DATABASE_URL_$key=$(database_url "$(service_role "$id")")"
  done
  if [[ -e $run_dir/learnflow.protoset ]]; then echo "LEARNFLOW_PROTOSET=$run_dir/learnflow.protoset"; fi
  for tool in daprd ghz grpcurl; do
    key=$("find_$tool")
    if [[ -n $key ]]; then echo "LEARNFLOW_$(service_variable "$tool")=$key"; fi
  done
}

# logs [NAME] [-f]: one process's log, or all of them.
logs() {
  local files=() file words=(-n 50)
  [[ -d $log_dir ]] || die "there are no logs at port offset $offset"
  if ((follow)); then words+=(-F); fi
  if [[ -n $1 ]]; then
    files=("$(log_of "$1")")
    [[ -e ${files[0]} ]] || die "there is no log of '$1'; there are: $(cd "$log_dir" && echo *.log | sed 's/\.log//g')"
  else
    for file in "$log_dir"/*.log; do files+=("$file"); done
  fi
  exec tail "${words[@]}" "${files[@]}"
}
