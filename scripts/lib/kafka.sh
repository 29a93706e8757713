# shellcheck shell=bash
# Kafka: one node that is broker and controller, with its topics from components/topics.yaml.

prepare_kafka() {
  require_java
  kafka_dir=$(get_kafka)
  kafka_home=$run_dir/kafka
}

write_kafka_settings() {
  mkdir -p "$kafka_home"
  cat >"$kafka_home/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(kafka_controller_port)
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$(kafka_port),CONTROLLER://127.0.0.1:$(kafka_controller_port)
advertised.listeners=PLAINTEXT://127.0.0.1:$(kafka_port)
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$kafka_home/data

# A typing error in a topic's name must fail, not make a topic.
auto.create.topics.enable=false
# Wait for no further members when a group forms: the 3 s default is for clusters, and here it would be 3 s of every start.
group.initial.rebalance.delay.ms=0
# As in the pubsub component: 1 MiB, and Kafka's own few bytes around a record.
message.max.bytes=1048588

# One node: the internal topics cannot have three replicas, and need few partitions.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
num.network.threads=2
num.io.threads=4
PROPERTIES
  cat >"$kafka_home/log4j2.properties" <<'PROPERTIES'
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
PROPERTIES
}

# A random id as Kafka writes one: 16 bytes in base64 for URLs. Never with a dash in front, which would be read as an
# option.
cluster_id() { echo "L$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=' | cut -c 2-)"; }

# A JVM that lives for a moment: little memory, and no time spent on optimising.
small_java() { java -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=ERROR "$@"; }

start_kafka() {
  write_kafka_settings
  if [[ ! -e $kafka_home/data/meta.properties ]]; then
    say "formatting Kafka's storage"
    if ! small_java -cp "$kafka_dir/jars/*" kafka.tools.StorageTool format \
      --cluster-id "$(cluster_id)" --config "$kafka_home/server.properties" >"$(log_of kafka-format)" 2>&1; then
      rm -rf "$kafka_home/data"
      say "error: that failed:"
      tail_of "$(log_of kafka-format)"
      exit 1
    fi
  fi
  start_process kafka java -Xms128m -Xmx512m -XX:+ExitOnOutOfMemoryError \
    -Dlog4j2.configurationFile="$kafka_home/log4j2.properties" \
    -cp "$kafka_dir/jars/*" kafka.Kafka "$kafka_home/server.properties"
}

kafka_helper() {
  local command=$1
  shift
  small_java -cp "$kafka_dir/classes:$kafka_dir/jars/*" KafkaHelper "$command" "$(kafka_brokers)" "$topics_file" "$@" \
    >"$(log_of "kafka-$command")" 2>&1
}

kafka_is_listening() { listening "$(kafka_port)"; }

# helper_failed TEXT COMMAND: a dead process explains more than what the helper noticed of it.
helper_failed() {
  fail_if_dead
  say "error: $1:"
  tail_of "$(log_of "kafka-$2")"
  exit 1
}

# make_topics: waits until the broker answers, and makes the topics that are missing. It is known by a stamp that nothing
# changed since the last time.
make_topics() {
  local stamp
  stamp=$(sha256sum <"$topics_file")
  if [[ $stamp == "$(cat "$run_dir/topics-made" 2>/dev/null)" ]]; then return; fi
  kafka_helper topics "$(time_left)" || helper_failed "Kafka's topics could not be made" topics
  echo "$stamp" >"$run_dir/topics-made"
}

# await_consumers APP…: until each app's consumer group holds all its partitions.
await_consumers() {
  kafka_helper consumers "$(time_left)" "$@" || helper_failed "the subscriptions did not become active" consumers
}

stop_kafka() {
  signal_process kafka TERM
  end_processes 30 kafka
}
