#!/usr/bin/env bash
# Makes a role for each service and for Dapr's state store, each with a schema of its name that is all it sees. PostgreSQL's
# image runs this once, when its volume is new. A role's password comes in the variable <ROLE>_PASSWORD.
set -euo pipefail

roles=(chat triage concepts dapr_state)

for role in "${roles[@]}"; do
  key=${role^^}_PASSWORD
  [[ -n ${!key:-} ]] || { echo "roles.sh: $key is not set" >&2 && exit 1; }
  # Through the environment: what is on a command line can be read by others.
  ROLE_PASSWORD=${!key} psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$role" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password ROLE_PASSWORD
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE SCHEMA :"role" AUTHORIZATION :"role";
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET search_path = :"role";
SQL
done
