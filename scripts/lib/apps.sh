# shellcheck shell=bash
# The services themselves: `learnflow serve <service>`, one process each.

# prepare_app: sets `learnflow`, the binary, building it unless LEARNFLOW_BIN names one.
prepare_app() {
  local words=(build --locked -p learnflow --bin learnflow) folder
  if [[ -n ${LEARNFLOW_BIN:-} ]]; then
    [[ -x $LEARNFLOW_BIN ]] || die "LEARNFLOW_BIN names no program: $LEARNFLOW_BIN"
    learnflow=$(realpath "$LEARNFLOW_BIN")
    return
  fi
  command -v cargo >/dev/null || die "Rust is needed to build LearnFlow: install it with rustup (rustup.rs), or set LEARNFLOW_BIN to a built binary"
  folder=$profile
  case $profile in
    release) words+=(--release) ;;
    dev) folder=debug ;;
    *) words+=(--profile "$profile") ;;
  esac
  # Cargo shows its own progress, and its errors are meant to be read whole.
  say "building LearnFlow ($profile)"
  (cd "$root_dir" && cargo "${words[@]}") >&2 9>&- || die "the build failed; see above"
  learnflow=$(realpath "$root_dir")/target/$folder/learnflow
  if [[ -n ${CARGO_TARGET_DIR:-} ]]; then learnflow=$(cd "$root_dir" && realpath "$CARGO_TARGET_DIR")/$folder/learnflow; fi
  [[ -x $learnflow ]] || die "the build made no $learnflow; if Cargo's target folder is set elsewhere, set CARGO_TARGET_DIR or LEARNFLOW_BIN"
}

start_app() {
  local id=$1
  start_process "$id" env \
    LEARNFLOW_LISTEN="127.0.0.1:$(app_port "$id")" \
    DAPR_GRPC_ENDPOINT="http://127.0.0.1:$(sidecar_grpc_port "$id")" \
    DATABASE_URL="$(database_url "$(service_role "$id")")" \
    "$learnflow" serve "$id"
}

app_is_listening() { listening "$(app_port "$1")"; }

# grpc_is_serving PORT: asks grpc.health.v1.Health/Check for the server as a whole, with nothing but curl. The request is
# an empty message (five zero bytes of gRPC framing); SERVING is field 1 with value 1, after the same framing.
grpc_is_serving() {
  local answer
  answer=$(printf '\0\0\0\0\0' | curl -sS --http2-prior-knowledge --max-time 2 --data-binary @- \
    -H 'content-type: application/grpc' -H 'te: trailers' \
    "http://127.0.0.1:$1/grpc.health.v1.Health/Check" 2>/dev/null | od -An -tx1 | tr -d ' \n') || return 1
  [[ $answer == 00000000020801 ]]
}

app_is_ready() {
  if [[ $(service_kind "$1") == grpc ]]; then
    grpc_is_serving "$(app_port "$1")"
  else
    answers_ok "http://127.0.0.1:$(app_port "$1")/ready"
  fi
}

# write_protoset: the descriptors for grpcurl and ghz; through a sidecar, reflection shows Dapr's services and not ours.
write_protoset() {
  if ! "$learnflow" protoset --output "$run_dir/learnflow.protoset" >"$(log_of protoset)" 2>&1; then
    warn "no descriptor set was written: $(tail -n 1 "$(log_of protoset)")"
    rm -f "$run_dir/learnflow.protoset"
  fi
}
