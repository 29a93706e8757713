# shellcheck shell=bash
# PostgreSQL: a private cluster of this stack, by the machine's own programs if it has them.
#
# PostgreSQL refuses to run as root; for root it runs as `postgres`, or as `nobody` where that user is missing. Such a
# user often cannot reach the run folder (root's home is closed), so its home is then a folder of its own under /var/tmp.

database=learnflow
# The owner of the cluster and of the database; services have roles of their own.
database_owner=learnflow
# The role of Dapr's state store, for the sidecars.
state_role=dapr_state

# postgres_programs: the folder with `postgres` and `initdb`, the newest the machine has.
postgres_programs() {
  local folder best=
  if command -v postgres >/dev/null && command -v initdb >/dev/null; then
    dirname "$(command -v postgres)"
    return
  fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/bin /usr/local/pgsql/bin | sort -V); do
    if [[ -x $folder/postgres && -x $folder/initdb ]]; then best=$folder; fi
  done
  if [[ -n $best ]]; then echo "$best"; else echo "$(get_postgres)/bin"; fi
}

# prepare_postgres: sets `postgres_bin`, `postgres_home` (the cluster and its socket), `postgres_user`, and `as_postgres`,
# the words before a command that make it run as that user, without a process in between.
prepare_postgres() {
  postgres_bin=$(postgres_programs)
  postgres_home=$run_dir/postgres
  postgres_user=$(id -un)
  as_postgres=(env)
  if ((EUID == 0)); then
    postgres_user=nobody
    if id postgres >/dev/null 2>&1; then postgres_user=postgres; fi
    as_postgres=(setpriv "--reuid=$postgres_user" "--regid=$(id -g "$postgres_user")" --clear-groups env HOME=/)
    if ! (cd / && "${as_postgres[@]}" test -x "$run_dir"); then
      postgres_home=/var/tmp/learnflow-postgres-$(sha256sum <<<"$run_dir" | cut -c 1-12)
    fi
    # The same for fetched programs in a closed cache: the user gets a copy.
    if ! (cd / && "${as_postgres[@]}" test -x "$postgres_bin/postgres"); then
      if [[ ! -d $postgres_home/programs ]]; then
        mkdir -p "$postgres_home"
        cp -r "$(dirname "$postgres_bin")" "$postgres_home/programs"
        chown -R "$postgres_user" "$postgres_home"
      fi
      postgres_bin=$postgres_home/programs/bin
    fi
  fi
  # `down` must find it again, whatever decided on it.
  echo "$postgres_home" >"$run_dir/postgres-home"
}

# password_of ROLE: a password per role and stack, from one random secret. Loopback alone does not keep the machine's
# other users out.
password_of() {
  if [[ ! -s $run_dir/secret ]]; then
    (umask 077 && head -c 32 /dev/urandom | sha256sum | cut -c 1-64 >"$run_dir/secret")
  fi
  printf '%s:%s' "$1" "$(cat "$run_dir/secret")" | sha256sum | cut -c 1-32
}

database_url() { echo "postgres://$1:$(password_of "$1")@127.0.0.1:$(postgres_port)/$database"; }

make_cluster() {
  local password_file=$postgres_home/.password
  say "making a PostgreSQL cluster"
  mkdir -p "$postgres_home"
  chmod 700 "$postgres_home"
  password_of "$database_owner" >"$password_file"
  chown -R "$postgres_user" "$postgres_home"
  # The C locale sorts by bytes: the same on every machine, and fast.
  if ! (cd / && "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata="$postgres_home/data" --username="$database_owner" \
    --pwfile="$password_file" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync) >"$(log_of initdb)" 2>&1; then
    rm -rf "$postgres_home"
    say "error: initdb failed:"
    tail_of "$(log_of initdb)"
    exit 1
  fi
  rm -f "$password_file"
}

# The roles the stack knows: each service's, and the state store's.
database_roles() {
  local id
  for id in $(services); do service_role "$id"; done
  echo "$state_role"
}

# in_cluster DATABASE: runs SQL from stdin, a statement a line, with the server not running. This needs no client
# program, and no password.
in_cluster() {
  (cd / && "${as_postgres[@]}" "$postgres_bin/postgres" --single -D "$postgres_home/data" -c exit_on_error=true \
    -c log_checkpoints=off "$1") >>"$(log_of initdb)" 2>&1
}

# make_roles: the database, and for each role a schema of the same name which is all it sees. May be run again.
make_roles() {
  local role
  if [[ ! -e $postgres_home/data/.learnflow-database ]]; then
    echo "CREATE DATABASE $database OWNER $database_owner" | in_cluster postgres
    touch "$postgres_home/data/.learnflow-database"
  fi
  {
    echo "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    for role in $(database_roles); do
      echo "DO \$\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') THEN CREATE ROLE \"$role\" LOGIN; END IF; END \$\$"
      echo "ALTER ROLE \"$role\" PASSWORD '$(password_of "$role")'"
      echo "CREATE SCHEMA IF NOT EXISTS \"$role\" AUTHORIZATION \"$role\""
      echo "ALTER ROLE \"$role\" IN DATABASE $database SET search_path = \"$role\""
    done
  } | in_cluster "$database"
  database_roles >"$run_dir/roles"
}

start_postgres() {
  local socket=$postgres_home
  if [[ ! -d $postgres_home/data ]]; then make_cluster; fi
  # A cluster whose server was killed still has its pid file; PostgreSQL looks whether that pid is alive, and by then it
  # may be another program's. We know that ours is not running.
  rm -f "$postgres_home/data/postmaster.pid"
  if ! make_roles; then
    say "error: making the roles failed:"
    tail_of "$(log_of initdb)"
    exit 1
  fi
  # A socket's path may have 107 bytes.
  if ((${#socket} > 85)); then socket=; fi
  start_process postgres "${as_postgres[@]}" "$postgres_bin/postgres" -D "$postgres_home/data" -p "$(postgres_port)" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$socket" -c max_connections=300 -c cluster_name="learnflow-$offset"
}

# The server writes its state into the eighth line of this file.
postgres_is_ready() { [[ $(sed -n '8s/ *$//p' "$postgres_home/data/postmaster.pid" 2>/dev/null) == ready ]]; }

# roles_are_current: false when a service was added to the table since the cluster's roles were made.
roles_are_current() { diff -q <(database_roles) "$run_dir/roles" >/dev/null 2>&1; }

# Fast shutdown: it ends the sessions and writes a checkpoint.
stop_postgres() {
  signal_process postgres INT
  end_processes 20 postgres
}
