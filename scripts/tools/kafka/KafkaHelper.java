import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.yaml.snakeyaml.Yaml;

/**
 * What scripts/stack asks of Kafka, each in one start of a JVM.
 *
 * <pre>
 * KafkaHelper topics    BROKERS TOPICS.yaml SECONDS          waits for the broker, then makes the topics that are missing
 * KafkaHelper consumers BROKERS TOPICS.yaml SECONDS APP…     waits until these apps' consumer groups have their partitions
 * </pre>
 */
public final class KafkaHelper {
    /** One entry of components/topics.yaml. */
    private record Topic(String name, int partitions, long retentionDays, List<String> consumers, List<String> live) {}

    /** How long a dead letter is kept, and in how many partitions. */
    private record DeadLetters(int partitions, long retentionDays) {}

    /** The groups of a component with consumerGroup "{uuid}" have such names, and no others do. */
    private static final Pattern LIVE_GROUP = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private static final long DAY_MS = 24 * 60 * 60 * 1000L;

    public static void main(String[] args) throws Exception {
        Map<String, Object> file;
        try (InputStream in = Files.newInputStream(Path.of(args[2]))) {
            file = new Yaml().load(in);
        }
        List<Topic> topics = topicsIn(file);
        int milliseconds = Integer.parseInt(args[3]) * 1000;
        Map<String, Object> config = Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, args[1],
            // A broker that is just coming up is asked again soon.
            AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, 50,
            AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 100,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.min(milliseconds, 10_000),
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, milliseconds);
        try (Admin admin = Admin.create(config)) {
            switch (args[0]) {
                case "topics" -> makeTopics(admin, topics, deadLettersIn(file), replicationIn(file));
                case "consumers" -> {
                    Set<String> apps = new TreeSet<>(Arrays.asList(args).subList(4, args.length));
                    awaitConsumers(admin, topics, apps, System.currentTimeMillis() + milliseconds);
                }
                default -> throw new IllegalArgumentException("unknown command " + args[0]);
            }
        } catch (ExecutionException | KafkaException | IllegalStateException failure) {
            Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
            System.err.println("kafka " + args[0] + ": " + cause.getMessage());
            System.exit(1);
        }
    }

    /** Makes what is missing, and says the names of what it made. */
    private static void makeTopics(Admin admin, List<Topic> topics, DeadLetters dead, short replicas) throws Exception {
        List<NewTopic> wanted = new ArrayList<>();
        for (Topic topic : topics) {
            wanted.add(topic(topic.name(), topic.partitions(), topic.retentionDays(), replicas));
            for (String consumer : topic.consumers()) {
                wanted.add(topic(topic.name() + "." + consumer + ".dlq", dead.partitions(), dead.retentionDays(), replicas));
            }
        }
        // The first call waits for the broker, up to the time limit.
        Set<String> present = admin.listTopics().names().get();
        wanted.removeIf(topic -> present.contains(topic.name()));
        admin.createTopics(wanted).all().get();
        wanted.forEach(topic -> System.out.println(topic.name()));
    }

    private static NewTopic topic(String name, int partitions, long retentionDays, short replicas) {
        return new NewTopic(name, partitions, replicas)
            .configs(Map.of("retention.ms", Long.toString(retentionDays * DAY_MS)));
    }

    /** Returns when each app's group holds every partition of its topics; says what is missing when the time is up. */
    private static void awaitConsumers(Admin admin, List<Topic> topics, Set<String> apps, long deadline) throws Exception {
        while (true) {
            List<String> missing = unassigned(admin, topics, apps);
            if (missing.isEmpty()) {
                return;
            }
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("no consumer holds " + String.join(", ", missing));
            }
            Thread.sleep(100);
        }
    }

    private static List<String> unassigned(Admin admin, List<Topic> topics, Set<String> apps) throws Exception {
        List<String> groups = new ArrayList<>();
        for (var group : admin.listGroups().all().get()) {
            if (apps.contains(group.groupId()) || LIVE_GROUP.matcher(group.groupId()).matches()) {
                groups.add(group.groupId());
            }
        }
        Map<String, Integer> held = new HashMap<>();
        for (ConsumerGroupDescription group : admin.describeConsumerGroups(groups).all().get().values()) {
            if (group.groupState() != GroupState.STABLE) {
                continue;
            }
            String owner = apps.contains(group.groupId()) ? group.groupId() : "live";
            group.members().stream()
                .map(member -> member.assignment().topicPartitions())
                .flatMap(Collection::stream)
                .map(TopicPartition::topic)
                .forEach(topic -> held.merge(owner + " " + topic, 1, Integer::sum));
        }
        List<String> missing = new ArrayList<>();
        for (Topic topic : topics) {
            for (String app : topic.consumers()) {
                if (apps.contains(app) && held.getOrDefault(app + " " + topic.name(), 0) < topic.partitions()) {
                    missing.add(topic.name() + " for " + app);
                }
            }
            long watchers = topic.live().stream().filter(apps::contains).count();
            if (held.getOrDefault("live " + topic.name(), 0) < watchers * topic.partitions()) {
                missing.add(topic.name() + " for live pushes");
            }
        }
        return missing;
    }

    // --- reading components/topics.yaml ---

    private static List<Topic> topicsIn(Map<String, Object> file) {
        List<Topic> topics = new ArrayList<>();
        for (Map<String, Object> entry : KafkaHelper.<List<Map<String, Object>>>at(file, "topics")) {
            topics.add(new Topic(
                at(entry, "name"),
                KafkaHelper.<Integer>at(entry, "partitions"),
                KafkaHelper.<Integer>at(entry, "retention_days"),
                at(entry, "consumers"),
                entry.containsKey("live") ? at(entry, "live") : List.of()));
        }
        return topics;
    }

    private static DeadLetters deadLettersIn(Map<String, Object> file) {
        Map<String, Integer> dead = at(file, "dead_letters");
        return new DeadLetters(dead.get("partitions"), dead.get("retention_days"));
    }

    private static short replicationIn(Map<String, Object> file) {
        Map<String, Integer> replication = at(file, "replication");
        return replication.get("local").shortValue();
    }

    @SuppressWarnings("unchecked")
    private static <T> T at(Map<String, Object> entry, String key) {
        Object value = entry.get(key);
        if (value == null) {
            throw new IllegalStateException("components/topics.yaml: " + key + " is missing in " + entry);
        }
        return (T) value;
    }
}
