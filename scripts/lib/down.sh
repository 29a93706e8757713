# shellcheck shell=bash
# `stack down`: everything ends in an order that loses nothing, and nothing is left behind.

# stop_everything: from the edge inwards.
#   1. The gateway, so that no new request comes in; those under way still find everything they need.
#   2. The sidecars are told to stop taking events. On SIGTERM, with --dapr-block-shutdown-duration, daprd ends its
#      subscriptions but goes on serving calls until its app is gone. The other way round, an app that is leaving would be
#      sent events that it can only refuse, and they would use up their retries and land in the dead-letter topics.
#   3. The apps. Their drain finishes what is in hand and publishes what is in the outbox, through their sidecars.
#   4. The sidecars themselves.
#   5. Kafka and PostgreSQL, which nobody uses any more.
stop_everything() {
  local id apps=() blocked=() sidecars=() others=()
  for id in $(services); do
    if was_started "$id"; then
      if [[ $(service_kind "$id") == http ]]; then others+=("$id"); else apps+=("$id"); fi
    fi
    if was_started "daprd-$id"; then
      sidecars+=("daprd-$id")
      if [[ $(service_kind "$id") == grpc ]]; then blocked+=("$id"); fi
    fi
  done

  for id in "${others[@]}"; do signal_process "$id" TERM; done
  if ((${#others[@]} > 0)); then say "stopping ${others[*]}"; fi
  end_processes 30 "${others[@]}"

  for id in "${blocked[@]}"; do signal_process "daprd-$id" TERM; done
  for id in "${blocked[@]}"; do await_no_subscriptions "$id"; done

  if ((${#apps[@]} > 0)); then say "stopping ${apps[*]}"; fi
  for id in "${apps[@]}"; do signal_process "$id" TERM; done
  end_processes 30 "${apps[@]}"

  if ((${#sidecars[@]} > 0)); then say "stopping the sidecars"; fi
  for id in "${sidecars[@]}"; do end_sidecar_now "${id#daprd-}"; done
  end_processes 15 "${sidecars[@]}"

  if was_started kafka || was_started postgres; then say "stopping Kafka and PostgreSQL"; fi
  signal_process kafka TERM
  signal_process postgres INT
  if was_started kafka; then stop_kafka; fi
  if was_started postgres; then stop_postgres; fi
}

# await_no_subscriptions ID: until its sidecar, told to end, has let go of its topics. Given up after 5 s: then events
# may be redelivered, which the services bear.
await_no_subscriptions() {
  local give_up=$((SECONDS + 5))
  while is_running "daprd-$1" && ((SECONDS < give_up)); do
    if curl -fsS --max-time 1 "$(sidecar_url "$1")/metadata" 2>/dev/null | grep -q '"subscriptions":\[\]'; then return; fi
    sleep 0.1
  done
}

# remove_data: what the stack made, and nothing else: LEARNFLOW_RUN may be a folder with other things in it.
remove_data() {
  local home
  home=$(cat "$run_dir/postgres-home" 2>/dev/null || true)
  if [[ -n $home ]]; then rm -rf "$home"; fi
  rm -rf "$run_dir/kafka" "$run_dir/postgres" "$run_dir/pids" "$log_dir"
  rm -f "$run_dir"/{postgres-home,secret,roles,topics-made,configuration.yaml,learnflow.protoset,names.db,names.db-shm,names.db-wal,lock}
  rmdir "$run_dir" 2>/dev/null || true
}

down() {
  if [[ ! -d $run_dir ]]; then
    say "nothing is running at port offset $offset"
    return
  fi
  lock_stack
  stop_everything
  rmdir "$run_dir/pids" 2>/dev/null || true
  if ((keep_data)); then
    say "stopped; the data stays in $run_dir"
  else
    remove_data
    say "stopped, and its data removed"
  fi
}
