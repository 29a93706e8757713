# shellcheck shell=bash
# The services: one line each, `app-id  app port  grpc|http`. A line here is all it takes to add one.
#
# Not there yet (uncomment the line when the service exists):
#   accounts        8100  grpc
#   code-review     8104  grpc
#   debug           8105  grpc
#   exercise        8106  grpc
#   progress        8107  grpc
#   code-execution  8108  grpc
#   notification    8109  grpc
services_table='
chat            8101  grpc
triage          8102  grpc
concepts        8103  grpc
gateway         8180  http
'

# The app-ids, in the table's order. The edge comes last: it is started when those behind it are there.
services() { awk 'NF { print $1 }' <<<"$services_table"; }

is_service() { services | grep -qx -- "$1"; }

service_field() { awk -v id="$1" -v column="$2" '$1 == id { print $column }' <<<"$services_table"; }

# grpc: the sidecar delivers events to it and checks its health. http: the edge, to which the sidecar never calls.
service_kind() { service_field "$1" 3; }

# chat → CHAT, code-review → CODE_REVIEW: as part of a variable's name.
service_variable() { tr 'a-z-' 'A-Z_' <<<"$1"; }

# The PostgreSQL role of a service, which is also the name of its schema.
service_role() { tr - _ <<<"$1"; }
