# shellcheck shell=bash
# The sidecars: one daprd for each service, with the resources under components/local.

prepare_sidecars() {
  daprd=$(get_daprd)
  # Our own build says so of itself. It can look sidecars up in a table; the stock build cannot.
  if "$daprd" --build-info 2>/dev/null | grep -q '^Git Version: learnflow$'; then
    resolver=static
  else
    resolver=sqlite
  fi
}

# write_configuration: what differs from stack to stack, as a second file on top of components/local/configuration.yaml.
#
# How a sidecar of this stack finds another. mDNS, Dapr's default on one machine, would also find the sidecars of a stack
# beside this one, since they have the same app-ids.
#   static  a table, as all ports are known: nothing to ask, nothing to wait for
#   sqlite  for a stock daprd: each stack has its own database file, at the price of a query at every call
#
# Tracing. Without a collector the rate must be 0: with no rate at all, daprd makes a span for every call, and samples one
# in ten thousand for nobody. With one, every call is sampled.
write_configuration() {
  local id rate=0
  if [[ -n ${OTEL_EXPORTER_OTLP_ENDPOINT:-}${OTEL_EXPORTER_OTLP_TRACES_ENDPOINT:-} ]]; then rate=1; fi
  {
    echo "apiVersion: dapr.io/v1alpha1"
    echo "kind: Configuration"
    echo "metadata: {name: configuration}"
    echo "spec:"
    echo "  tracing: {samplingRate: \"$rate\"}"
    echo "  nameResolution:"
    echo "    component: $resolver"
    echo "    version: v1"
    echo "    configuration:"
    if [[ $resolver == static ]]; then
      for id in $(services); do echo "      $id: 127.0.0.1:$(sidecar_internal_port "$id")"; done
    else
      echo "      connectionString: \"$run_dir/names.db\""
    fi
  } >"$run_dir/configuration.yaml"
}

# sidecar_environment: what the resources refer to by secretKeyRef, and where traces go.
sidecar_environment() {
  echo "LEARNFLOW_KAFKA_BROKERS=$(kafka_brokers)"
  echo "LEARNFLOW_STATE_DATABASE_URL=$(database_url "$state_role")"
  # daprd takes the endpoint from the environment too, but wants TLS unless told otherwise; the scheme already says it.
  if [[ ${OTEL_EXPORTER_OTLP_ENDPOINT:-} == http://* ]]; then echo "OTEL_EXPORTER_OTLP_INSECURE=true"; fi
}

start_sidecar() {
  local id=$1 words=() environment
  mapfile -t environment < <(sidecar_environment)
  words=(
    --app-id "$id"
    --resources-path "$components_dir"
    --config "$components_dir/configuration.yaml" --config "$run_dir/configuration.yaml"
    --dapr-grpc-port "$(sidecar_grpc_port "$id")" --dapr-http-port "$(sidecar_http_port "$id")"
    --dapr-listen-addresses 127.0.0.1
    --dapr-internal-grpc-port "$(sidecar_internal_port "$id")" --dapr-internal-grpc-listen-address 127.0.0.1
    --metrics-port "$(sidecar_metrics_port "$id")" --metrics-listen-address 127.0.0.1
    # No actors and no jobs, so neither of their services.
    --placement-host-address "" --scheduler-host-address ""
    --log-as-json
  )
  if [[ $(service_kind "$id") == grpc ]]; then
    words+=(
      --app-port "$(app_port "$id")" --app-protocol grpc --app-channel-address 127.0.0.1
      # Three failed probes, a second apart, unsubscribe an app that is down, before the resiliency policy's retries are
      # used up and its events go to the dead letters. The defaults would take 15 s.
      --enable-app-health-check --app-health-probe-interval 1 --app-health-probe-timeout 500 --app-health-threshold 3
      # On SIGTERM: take no more events, but keep serving until the app is gone; see stop_everything.
      --dapr-block-shutdown-duration 35s
    )
  fi
  start_process "daprd-$id" env "${environment[@]}" "$daprd" "${words[@]}"
}

sidecar_url() { echo "http://127.0.0.1:$(sidecar_http_port "$1")/v1.0"; }

answers_ok() { curl -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null; }

# healthz/outbound is true when components are loaded and calls can be made; healthz when the app's side is there as well.
sidecar_is_ready() { answers_ok "$(sidecar_url "$1")/healthz/outbound" && answers_ok "$(sidecar_url "$1")/healthz"; }

# end_sidecar_now ID: asks it to leave in order and at once, without waiting for its app to go first; false when it does
# not listen. Not to be mixed with SIGTERM: a sidecar that waits for its app and is then asked this never ends.
end_sidecar_now() { curl -fsS -o /dev/null --max-time 2 -X POST "$(sidecar_url "$1")/shutdown" 2>/dev/null; }
