# shellcheck shell=bash
# The parts of scripts/bench.

# No single run may take longer; a run that hangs is a failure, not a wait.
run_limit=120
warm_up_requests=200

# choose_rpcs: all of bench/ghz when none is named; a name without a file is an error.
choose_rpcs() {
  local file rpc
  if ((${#rpcs[@]} == 0)); then
    for file in "$root"/bench/ghz/*.json; do rpcs+=("$(basename "$file" .json)"); done
  fi
  for rpc in "${rpcs[@]}"; do
    [[ -f $root/bench/ghz/$rpc.json ]] || die "there is no bench/ghz/$rpc.json; there are: $(cd "$root/bench/ghz" && echo *.json | sed 's/\.json//g')"
  done
}

# start_stack: one for this run alone, that ends with it.
start_stack() {
  if [[ -n $(stack_value LEARNFLOW_GATEWAY_URL "$offset") ]]; then
    die "a stack runs at port offset $offset already; leave out --own-stack to measure it, or choose another --offset"
  fi
  trap 'status=$?; trap - EXIT; "$root/scripts/stack" down --offset "$offset"; exit "$status"' EXIT
  trap 'exit 130' INT TERM
  "$root/scripts/stack" up --offset "$offset" --profile "$profile"
}

# stack_value KEY OFFSET: one value of `scripts/stack env`, or nothing.
stack_value() { { "$root/scripts/stack" env --offset "$2" 2>/dev/null || true; } | sed -n "s/^$1=//p"; }

# read_stack OFFSET: sets `addresses` from `scripts/stack env`.
read_stack() {
  local line values
  values=$("$root/scripts/stack" env --offset "$1" 2>/dev/null) ||
    die "no stack runs at port offset $1: start one with scripts/stack up, or let this run have its own: --own-stack"
  declare -gA addresses=()
  while IFS= read -r line; do addresses[${line%%=*}]=${line#*=}; done <<<"$values"
  protoset=${addresses[LEARNFLOW_PROTOSET]:-}
  [[ -n $protoset ]] || die "the stack has no descriptor set (LEARNFLOW_PROTOSET); scripts/stack up writes it"
}

# address KEY: where one part of the stack is; never anywhere but on this machine.
address() {
  local value=${addresses[$1]:-}
  [[ -n $value ]] || die "the stack has no $1"
  [[ $value == 127.0.0.1:* ]] || die "$1 is $value, and this is for the loopback interface only"
  echo "$value"
}

# app_id RPC: the service that owns it, by the tag in its file.
app_id() {
  local id
  id=$(sed -n 's/.*"tags": *{"service": *"\([a-z-]*\)"}.*/\1/p' "$root/bench/ghz/$1.json")
  [[ -n $id ]] || die "bench/ghz/$1.json has no tags.service"
  echo "$id"
}

# run_ghz RPC SIDE OUTPUT REQUESTS: one run; 0 requests means as many as the file says. Flags win over the file.
run_ghz() {
  local rpc=$1 side=$2 output=$3 total=$4 id words
  id=$(app_id "$rpc")
  words=(--config "$root/bench/ghz/$rpc.json" --protoset "$protoset" --format json --output "$output")
  if ((in_flight)); then words+=(--concurrency "$in_flight"); fi
  if ((total)); then words+=(--total "$total"); fi
  if [[ $side == sidecars ]]; then
    words+=(--metadata "{\"dapr-app-id\": \"$id\"}" "$(address LEARNFLOW_SIDECAR_GATEWAY)")
  else
    words+=("$(address "LEARNFLOW_APP_$(tr 'a-z-' 'A-Z_' <<<"$id")")")
  fi
  timeout --kill-after=5 "$run_limit" "$ghz" "${words[@]}" ||
    die "$rpc, $side: ghz failed, or was not done within $run_limit s"
}

# measure RPC: a warm-up of both ways, then the pairs. Which way goes first alternates, so that neither always has the
# machine as the other left it.
measure() {
  local rpc=$1 pair side sides warm=$warm_up_requests
  if ((requests && requests < warm)); then warm=$requests; fi
  say "$rpc: warming up"
  for side in direct sidecars; do run_ghz "$rpc" "$side" /dev/null "$warm"; done
  for ((pair = 1; pair <= pairs; pair++)); do
    say "$rpc: pair $pair of $pairs"
    if ((pair % 2)); then sides=(direct sidecars); else sides=(sidecars direct); fi
    for side in "${sides[@]}"; do run_ghz "$rpc" "$side" "$folder/$rpc.$pair.$side.json" "$requests"; done
  done
}

# warn_if_busy: two runs of a pair can only be compared when nothing else takes the cores.
warn_if_busy() {
  if awk -v cores="$(nproc)" '{ exit !($1 > cores / 2) }' /proc/loadavg; then
    warn "the machine is busy (load $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) cores): do not trust the numbers of this run"
  fi
}

# describe_run: on what, and of what, the numbers are.
describe_run() {
  local changes=''
  if [[ -n $(git -C "$root" status --porcelain 2>/dev/null) ]]; then changes=' with changes'; fi
  echo "commit    $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)$changes"
  echo "machine   $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r)"
  echo "load      $(cut -d ' ' -f 1-3 /proc/loadavg) at the start"
  echo "tools     ghz $("$ghz" --version 2>&1 | head -n 1), daprd $("${addresses[LEARNFLOW_DAPRD]:-true}" --version 2>/dev/null | head -n 1)"
}
