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
  local id edge=() apps=() quieted=() sidecars=()
  for id in $(services); do
    if was_started "$id"; then
      if [[ $(service_kind "$id") == http ]]; then edge+=("$id"); else apps+=("$id"); fi
    fi
    if was_started "daprd-$id"; then
      sidecars+=("daprd-$id")
      # One whose app is not ours would wait in vain for the app to go.
      if [[ $(service_kind "$id") == grpc ]] && is_running "$id"; then quieted+=("$id"); fi
    fi
  done

  if ((${#edge[@]} > 0)); then say "stopping ${edge[*]}"; fi
  for id in "${edge[@]}"; do signal_process "$id" TERM; done
  end_processes 30 "${edge[@]}"

  for id in "${quieted[@]}"; do signal_process "daprd-$id" TERM; done
  await_quiet "${quieted[@]}"

  if ((${#apps[@]} > 0)); then say "stopping ${apps[*]}"; fi
  for id in "${apps[@]}"; do signal_process "$id" TERM; done
  end_processes 30 "${apps[@]}"

  if ((${#sidecars[@]} > 0)); then say "stopping the sidecars"; fi
  # Those of step 2 find their app gone and end by themselves, within three probes; the others are asked to.
  for id in "${sidecars[@]}"; do
    [[ " ${quieted[*]} " == *" ${id#daprd-} "* ]] || end_sidecar_now "${id#daprd-}" || signal_process "$id" TERM
  done
  end_processes 15 "${sidecars[@]}"

  if was_started kafka || was_started postgres; then say "stopping Kafka and PostgreSQL"; fi
  signal_process kafka TERM
  signal_process postgres INT
  if was_started kafka; then stop_kafka; fi
  if was_started postgres; then stop_postgres; fi
}

# await_quiet ID…: a sidecar that was told to end still hands over what it had fetched before. Waits until none of them
# has handed anything over for a moment; what is then still in an app's hands is the business of the app's own drain.
await_quiet() {
  local before=none now give_up=$((SECONDS + 20))
  (($# > 0)) || return 0
  while ((SECONDS < give_up)); do
    now=$(deliveries "$@")
    if [[ $now == "$before" ]]; then return; fi
    before=$now
    sleep 0.5
  done
}

# deliveries ID…: how many events these sidecars have handed over so far, by their own count.
deliveries() {
  local id
  for id in "$@"; do
    curl -fsS --max-time 2 "http://127.0.0.1:$(sidecar_metrics_port "$id")/metrics" 2>/dev/null || true
  done | awk '/^dapr_component_pubsub_ingress_count/ { sum += $NF } END { print sum + 0 }'
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
