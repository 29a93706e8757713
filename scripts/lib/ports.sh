# shellcheck shell=bash
# Every port of the stack. All are on the loopback interface, and all move by --offset, so that stacks can run side by
# side. A sidecar's ports follow from its app's: chat has 8101, its sidecar 20201 (gRPC), 20351 (from other sidecars),
# 3501 (HTTP) and 15601 (metrics). The distances are such that stacks a multiple of 1000 apart never meet; with another
# distance two may, and then it is said before anything starts. All stay below 32768, where Linux begins to hand out ports
# to outgoing connections: one of those could otherwise hold a port of ours at the wrong moment.

app_port() { echo $(($(service_field "$1" 2) + offset)); }
sidecar_grpc_port() { echo $(($(app_port "$1") + 12100)); }
sidecar_internal_port() { echo $(($(app_port "$1") + 12250)); }
sidecar_http_port() { echo $(($(app_port "$1") - 4600)); }
sidecar_metrics_port() { echo $(($(app_port "$1") + 7500)); }
kafka_port() { echo $((9092 + offset)); }
kafka_controller_port() { echo $((9093 + offset)); }
postgres_port() { echo $((25432 + offset)); }

kafka_brokers() { echo "127.0.0.1:$(kafka_port)"; }

check_offset() {
  [[ $offset =~ ^[0-9]+$ ]] || die "the port offset must be a whole number, not '$offset'"
  # Without the leading zeros, which would make it octal.
  offset=$((10#$offset))
  # The highest port of all is PostgreSQL's.
  ((offset <= 7000)) || die "the port offset must be at most 7000, so that every port stays below 32768"
}

# listening PORT: does anything accept connections there?
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ports_of NAME: "port what-for" for each port of one process of the stack.
ports_of() {
  case $1 in
    kafka) echo "$(kafka_port) Kafka" && echo "$(kafka_controller_port) Kafka's controller" ;;
    postgres) echo "$(postgres_port) PostgreSQL" ;;
    daprd-*)
      local id=${1#daprd-}
      echo "$(sidecar_grpc_port "$id") $id's sidecar (gRPC)"
      echo "$(sidecar_internal_port "$id") $id's sidecar (from other sidecars)"
      echo "$(sidecar_http_port "$id") $id's sidecar (HTTP)"
      echo "$(sidecar_metrics_port "$id") $id's sidecar (metrics)"
      ;;
    *) echo "$(app_port "$1") $1" ;;
  esac
}

# main_port NAME: the port by which a process is known in `status`.
main_port() { ports_of "$1" | head -n 1 | cut -d ' ' -f 1; }

# port_holder PORT: "name (pid N)" of the process that holds a port, or nothing when it cannot be known.
port_holder() {
  command -v ss >/dev/null || return 0
  ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1 (pid \2)/p' | head -n 1
}

# require_free_ports NAME…: says all the ports that are taken, before anything is started.
require_free_ports() {
  local name port purpose holder taken=0
  for name in "$@"; do
    while read -r port purpose; do
      listening "$port" || continue
      holder=$(port_holder "$port")
      say "error: port $port, needed for $purpose, is in use${holder:+ by $holder}"
      taken=1
    done < <(ports_of "$name")
  done
  if ((taken)); then
    say "Stop what holds it, or move the whole stack: scripts/stack up --offset 1000"
    return 1
  fi
}
