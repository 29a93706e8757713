# shellcheck shell=bash
# `stack up`: everything is started, and it returns when everything is ready. What runs already stays as it is.

# choose_processes: sets `wanted`, the names of all processes this start is about, in the order of the table.
choose_processes() {
  local id name
  wanted=()
  if [[ -n $only ]]; then
    for name in ${only//,/ }; do
      case $name in
        kafka | postgres) wanted+=("$name") ;;
        daprd-*) is_service "${name#daprd-}" || unknown_name "$name"; wanted+=("$name") ;;
        *) is_service "$name" || unknown_name "$name"; wanted+=("$name" "daprd-$name") ;;
      esac
    done
    return
  fi
  wanted=(postgres kafka)
  for id in $(services); do
    if ((without_apps)); then
      # The app is someone else's, a debugger's or a test's, and must be there before its sidecar.
      if app_is_listening "$id"; then wanted+=("daprd-$id"); fi
    else
      wanted+=("$id" "daprd-$id")
    fi
  done
}

unknown_name() { die "there is no '$1'; there are: kafka postgres $(services | sed 'p; s/^/daprd-/' | tr '\n' ' ')"; }

wants() { [[ " ${wanted[*]} " == *" $1 "* ]]; }

# wanted_services PREFIX: the services of which the app (no prefix) or the sidecar (daprd-) is wanted.
wanted_services() {
  local id
  for id in $(services); do
    if wants "$1$id"; then echo "$id"; fi
  done
}

# A service without Kafka or PostgreSQL would only fail later, and less clearly.
require_base() {
  local base
  [[ -n $(wanted_services '')$(wanted_services daprd-) ]] || return 0
  for base in postgres kafka; do
    if ! wants $base && ! is_running $base; then
      die "$base is not running, and services need it: add it to --only, or run scripts/stack up --only kafka,postgres first"
    fi
  done
}

require_commands() {
  local pair
  for pair in flock:util-linux setsid:util-linux setpriv:util-linux curl:curl realpath:coreutils; do
    command -v "${pair%:*}" >/dev/null || die "'${pair%:*}' is needed. Debian: apt install ${pair#*:}"
  done
  curl --version | grep -q HTTP2 || die "a curl that speaks HTTP/2 is needed, for gRPC health checks. Debian: apt install curl"
}

# What a failed start began is stopped again; its logs stay. If it came to nothing at all, nothing stays.
undo_failed_start() {
  local status=$?
  trap - EXIT INT TERM
  if ((status != 0 && run_dir_is_new && ${#started_now[@]} == 0)); then remove_data; fi
  if ((status != 0 && ${#started_now[@]} > 0)); then
    live_line_end
    say "stopping what this start had begun; its logs stay in $log_dir"
    local name
    for name in "${started_now[@]}"; do
      case $name in
        postgres) signal_process "$name" INT ;;
        # One that does not answer yet has nothing to lose.
        daprd-*) end_sidecar_now "${name#daprd-}" || signal_process "$name" KILL ;;
        *) signal_process "$name" TERM ;;
      esac
    done
    end_processes 15 "${started_now[@]}"
  fi
  exit "$status"
}

up() {
  local begun=$SECONDS name id missing=() consumers=()
  require_commands
  lock_stack
  started_now=()
  trap undo_failed_start EXIT
  choose_processes
  require_base

  # Tools and builds first: what is missing is said before anything runs, and their time is not the stack's.
  if wants postgres || [[ -n $(wanted_services '')$(wanted_services daprd-) ]]; then prepare_postgres; fi
  if wants kafka || [[ -n $(wanted_services daprd-) ]]; then prepare_kafka; fi
  if [[ -n $(wanted_services daprd-) ]]; then prepare_sidecars; fi
  if [[ -n $(wanted_services '') ]]; then prepare_app; fi

  for name in "${wanted[@]}"; do is_running "$name" || missing+=("$name"); done
  if ((${#missing[@]} > 0)); then require_free_ports "${missing[@]}" || exit 1; fi

  deadline=$((SECONDS + timeout))
  begun=$SECONDS
  trap 'exit 130' INT TERM

  start_base
  for id in $(wanted_services ''); do
    if ! is_running "$id"; then say "starting $id" && start_app "$id"; fi
  done
  if wants kafka; then
    wait_until "Kafka" kafka_is_listening
    make_topics
  fi
  if [[ -n $(wanted_services daprd-) ]]; then write_configuration; fi
  for id in $(wanted_services daprd-); do
    if is_running "daprd-$id"; then continue; fi
    # A sidecar that comes first can miss its app (dapr/dapr#9034).
    wait_until "$id to listen on port $(app_port "$id")" app_is_listening "$id"
    say "starting $id's sidecar"
    start_sidecar "$id"
  done
  for id in $(wanted_services daprd-); do wait_until "$id's sidecar to be healthy" sidecar_is_ready "$id"; done
  for id in $(wanted_services ''); do wait_until "$id to be ready" app_is_ready "$id"; done
  for id in $(wanted_services daprd-); do
    if [[ $(service_kind "$id") == grpc ]]; then consumers+=("$id"); fi
  done
  if ((${#consumers[@]} > 0 && ${#started_now[@]} > 0)); then
    say "waiting for the subscriptions"
    await_consumers "${consumers[@]}"
  fi
  if [[ -n $(wanted_services '') ]]; then write_protoset; fi

  fail_if_dead
  trap - EXIT INT TERM
  say "ready after $(duration "$((SECONDS - begun))"); scripts/stack status shows what runs, scripts/stack down ends it"
  if wants gateway; then say "the gateway: http://127.0.0.1:$(app_port gateway)"; fi
}

# PostgreSQL and Kafka, side by side.
start_base() {
  if wants postgres && is_running postgres && ! roles_are_current; then
    say "a service was added: restarting PostgreSQL to give it a role"
    stop_postgres
  fi
  if wants kafka && ! is_running kafka; then
    say "starting Kafka"
    start_kafka
  fi
  if wants postgres && ! is_running postgres; then
    say "starting PostgreSQL"
    start_postgres
  fi
  if wants postgres; then wait_until "PostgreSQL" postgres_is_ready; fi
}
