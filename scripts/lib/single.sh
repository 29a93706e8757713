# shellcheck shell=bash
# `stack restart` and `stack kill`: one process, for work on a service and for breaking things on purpose.

require_known() {
  case $1 in
    kafka | postgres) ;;
    *) is_service "${1#daprd-}" || unknown_name "$1" ;;
  esac
}

restart() {
  local name=$1
  require_known "$name"
  [[ -d $run_dir ]] || die "nothing is running at port offset $offset"
  require_commands
  lock_stack
  prepare_postgres
  prepare_kafka
  case $name in
    kafka | postgres) ;;
    daprd-*) prepare_sidecars ;;
    *) prepare_app ;;
  esac
  say "stopping $name"
  case $name in
    kafka) stop_kafka ;;
    postgres) stop_postgres ;;
    daprd-*)
      end_sidecar_now "${name#daprd-}" || signal_process "$name" TERM
      end_processes 15 "$name"
      ;;
    *)
      signal_process "$name" TERM
      end_processes 30 "$name"
      ;;
  esac
  require_free_ports "$name" || exit 1

  deadline=$((SECONDS + timeout))
  started_now=()
  say "starting $name"
  case $name in
    kafka)
      start_kafka
      wait_until "Kafka" kafka_is_listening
      rm -f "$run_dir/topics-made"
      make_topics
      ;;
    postgres)
      start_postgres
      wait_until "PostgreSQL" postgres_is_ready
      ;;
    daprd-*)
      write_configuration
      start_sidecar "${name#daprd-}"
      wait_until "the sidecar to be healthy" sidecar_is_ready "${name#daprd-}"
      if [[ $(service_kind "${name#daprd-}") == grpc ]]; then await_consumers "${name#daprd-}"; fi
      ;;
    *)
      start_app "$name"
      wait_until "$name to be ready" app_is_ready "$name"
      ;;
  esac
  say "$name is ready"
}

# kill_one NAME [SIGNAL]: without ceremony. Its record stays, so that `status` shows it as dead and `up` starts it again.
kill_one() {
  local name=$1 signal=${2:-KILL}
  require_known "$name"
  is_running "$name" || die "$name is not running"
  signal=${signal#-}
  signal_process "$name" "${signal#SIG}"
  say "sent ${signal#SIG} to $name"
}
