package peers.streams;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import peers.events.Arguments;

/** The contestant "Kafka Streams". */
public final class Main {
    private static final long POLL_MS = 200;
    private static final int QUIET_COMMITS = 3;

    private Main() {
    }

    public static void main(String[] argv) throws Exception {
        Arguments args = new Arguments(argv);
        Properties p = properties(args);
        KafkaStreams streams = new KafkaStreams(Queries.build(args, p), new StreamsConfig(p));
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        while (streams.state() != KafkaStreams.State.RUNNING) {
            Thread.sleep(5);
        }
        Arguments.started();
        long quiet = awaitEnd(args, p.getProperty(StreamsConfig.APPLICATION_ID_CONFIG));
        Arguments.finished(quiet);
        streams.close(Duration.ofSeconds(30));
    }

    private static Properties properties(Arguments args) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, "streams-" + args.text("output"));
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args.text("brokers"));
        p.put(StreamsConfig.STATE_DIR_CONFIG, args.text("work"));
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args.number("commit-ms"));
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args.number("parallelism"));
        // The documentation's advice for fewer downstream updates, and fewer topics.
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
        p.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        p.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5000);
        return p;
    }

    /**
     * Returns when all input is consumed and nothing has moved for three commits: the topics between the parts of a
     * topology end with transaction markers, so that their lag alone does not tell. Returns for how long it was quiet.
     */
    private static long awaitEnd(Arguments args, String group) throws Exception {
        String input = args.text("input");
        Map<TopicPartition, Long> before = new HashMap<>();
        long since = System.currentTimeMillis();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args.text("brokers")))) {
            while (true) {
                Thread.sleep(POLL_MS);
                Map<TopicPartition, Long> committed = new HashMap<>();
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
                        .forEach((partition, offset) -> committed.put(partition, offset.offset()));
                Set<String> topics = admin.listTopics().names().get();
                topics.removeIf(t -> !t.equals(input) && !t.equals(args.text("output")) && !t.startsWith(group));
                Map<TopicPartition, Long> ends = ends(admin, topics);
                boolean consumed = ends.entrySet().stream().filter(e -> e.getKey().topic().equals(input))
                        .allMatch(e -> e.getValue().equals(committed.get(e.getKey())));
                ends.putAll(committed.entrySet().stream().collect(Collectors.toMap(
                        e -> new TopicPartition("committed " + e.getKey().topic(), e.getKey().partition()), Map.Entry::getValue)));
                long now = System.currentTimeMillis();
                if (!consumed || !ends.equals(before)) {
                    before = ends;
                    since = now;
                } else if (now - since > QUIET_COMMITS * args.number("commit-ms")) {
                    return now - since;
                }
            }
        }
    }

    private static Map<TopicPartition, Long> ends(Admin admin, Set<String> topics) throws Exception {
        Map<TopicPartition, OffsetSpec> ask = new HashMap<>();
        admin.describeTopics(topics).allTopicNames().get().forEach((name, description) -> description.partitions()
                .forEach(partition -> ask.put(new TopicPartition(name, partition.partition()), OffsetSpec.latest())));
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(ask).all().get().forEach((partition, offset) -> ends.put(partition, offset.offset()));
        return ends;
    }
}
