package peers.streams;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Properties;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import peers.events.Arguments;
import peers.events.Event;
import peers.events.Parser;

/** The queries of README.md. A record of the input is keyed by person, auction or (bids) auction. */
final class Queries {
    // Stream time is the newest of all partitions that a task reads, not the oldest: with less grace, records of a
    // partition that lies behind would be dropped.
    private static final Duration GRACE = Duration.ofHours(24);
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final Serde<String> TEXT = Serdes.String();

    private final StreamsBuilder builder = new StreamsBuilder();
    private final Arguments args;

    private Queries(Arguments args) {
        this.args = args;
    }

    static Topology build(Arguments args, Properties properties) throws IOException {
        Queries q = new Queries(args);
        KStream<String, String> results = q.query(args.text("query"));
        results.to(args.text("output"), Produced.with(TEXT, TEXT));
        return q.builder.build(properties);
    }

    private KStream<String, String> query(String name) throws IOException {
        switch (name) {
            case "ysb":
                return ysb();
            case "q3":
                return q3();
            case "q4":
                return q4();
            case "q5":
                return q5();
            case "q8":
                return q8();
            case "q11":
                return q11();
            case "q18":
                return keyed(Keyed.LastBid::new, "last", Serdes.Long());
            case "cep":
                return keyed(Keyed.Pattern::new, "rows", Longs.serde());
            default:
                throw new IllegalArgumentException("unknown query " + name);
        }
    }

    private KStream<String, byte[]> input() {
        return builder.stream(args.text("input"), Consumed.with(TEXT, Serdes.ByteArray()));
    }

    /** The wanted events, each made into a key and a value. */
    private <V> KStream<String, V> events(int wanted, BiFunction<String, Event, KeyValue<String, V>> make) {
        ThreadLocal<Parser> parsers = ThreadLocal.withInitial(() -> new Parser(wanted));
        return input().flatMap((key, json) -> one(key, parsers.get().nexmark(json), make));
    }

    /** The wanted events under the key that they have, which needs no new partitioning. */
    private <V> KStream<String, V> here(int wanted, Function<Event, V> make) {
        ThreadLocal<Parser> parsers = ThreadLocal.withInitial(() -> new Parser(wanted));
        return input().flatMapValues(json -> {
            Event e = parsers.get().nexmark(json);
            V v = e == null ? null : make.apply(e);
            return v == null ? List.<V>of() : List.of(v);
        });
    }

    private static <V> List<KeyValue<String, V>> one(String key, Event e, BiFunction<String, Event, KeyValue<String, V>> make) {
        KeyValue<String, V> kv = e == null ? null : make.apply(key, e);
        return kv == null ? List.of() : List.of(kv);
    }

    private <V> Repartitioned<String, V> by(String name, Serde<V> serde) {
        return Repartitioned.<String, V>as(name).withKeySerde(TEXT).withValueSerde(serde);
    }

    private KStream<String, String> ysb() throws IOException {
        HashMap<String, String> campaigns = args.campaigns();
        ThreadLocal<Parser> parsers = ThreadLocal.withInitial(() -> new Parser(Event.VIEW));
        return input().flatMap((key, json) -> one(key, parsers.get().ysb(json),
                (k, e) -> KeyValue.pair(campaigns.get(e.ad), new byte[0])))
                .groupByKey(Grouped.<String, byte[]>as("campaign").withKeySerde(TEXT).withValueSerde(Serdes.ByteArray()))
                .windowedBy(TimeWindows.ofSizeAndGrace(TEN_SECONDS, GRACE))
                .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("count").withKeySerde(TEXT).withCachingEnabled())
                .toStream((window, n) -> window.key() + "|" + window.window().start())
                .mapValues(n -> Long.toString(n));
    }

    /** Persons as "p" and their text, auctions by seller as "a" and their id. */
    private KStream<String, String> sellers(
            Function<Event, String> person, Function<Event, String> auction) {
        KStream<String, String> persons = here(Event.PERSON, person);
        return persons.merge(events(Event.AUCTION, (key, e) -> {
            String text = auction.apply(e);
            return text == null ? null : KeyValue.pair(Long.toString(e.seller), text);
        }).repartition(by("seller", TEXT).withNumberOfPartitions(args.number("partitions"))));
    }

    private KStream<String, String> q3() {
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("person"), TEXT, TEXT).withCachingEnabled());
        return sellers(
                e -> e.state.equals("OR") || e.state.equals("ID") || e.state.equals("CA") ? "p" + e.name + "|" + e.city + "|" + e.state : null,
                e -> e.category == 10 ? "a" + e.id : null)
                .process(Keyed.Join::new, "person");
    }

    private KStream<String, String> q4() {
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("auction"), TEXT, Longs.serde()).withCachingEnabled());
        return here(Event.AUCTION | Event.BID, e -> e.kind == Event.BID
                ? new long[] {e.time, e.price}
                : new long[] {e.time, e.expires, e.category})
                .processValues(Keyed.WinningBid::new, "auction")
                .toTable(Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as("winning")
                        .withKeySerde(TEXT).withValueSerde(Longs.serde()).withCachingEnabled())
                .groupBy((auction, v) -> KeyValue.pair(Long.toString(v[0]), v[1]), Grouped.with(TEXT, Serdes.Long()))
                .aggregate(() -> new long[2],
                        (category, price, sum) -> new long[] {sum[0] + 1, sum[1] + price},
                        (category, price, sum) -> new long[] {sum[0] - 1, sum[1] - price},
                        Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as("average")
                                .withKeySerde(TEXT).withValueSerde(Longs.serde()).withCachingEnabled())
                .toStream()
                .filter((category, sum) -> sum[0] > 0)
                .mapValues(sum -> sum[0] + "|" + sum[1] + "|" + sum[1] / sum[0]);
    }

    private KStream<String, String> q5() {
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("top"), Serdes.Long(), Longs.serde()).withCachingEnabled());
        return here(Event.BID, e -> new byte[0])
                .groupByKey(Grouped.with(TEXT, Serdes.ByteArray()))
                .windowedBy(TimeWindows.ofSizeAndGrace(TEN_SECONDS, GRACE).advanceBy(Duration.ofSeconds(2)))
                .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("count").withKeySerde(TEXT).withCachingEnabled())
                .toStream()
                .process(Keyed.Top::new, "top")
                .groupByKey(Grouped.<String, long[]>as("window").withKeySerde(TEXT).withValueSerde(Longs.serde()))
                .reduce(Queries::most, Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as("most")
                        .withKeySerde(TEXT).withValueSerde(Longs.serde()).withCachingEnabled())
                .toStream()
                .mapValues(v -> v[0] + "|" + Arrays.stream(v, 1, v.length).mapToObj(Long::toString).collect(Collectors.joining(",")));
    }

    /** The greater of two counts, with the auctions that have it, in order. Counts only grow. */
    static long[] most(long[] a, long[] b) {
        if (a[0] != b[0]) {
            return a[0] > b[0] ? a : b;
        }
        return LongStream.concat(LongStream.of(a[0]), LongStream.concat(
                Arrays.stream(a, 1, a.length), Arrays.stream(b, 1, b.length)).sorted().distinct()).toArray();
    }

    private KStream<String, String> q8() {
        // The aggregate is the name once it is known, behind "a" once there was an auction.
        return sellers(e -> "p" + e.name, e -> "a")
                .groupByKey(Grouped.with(TEXT, TEXT))
                .windowedBy(TimeWindows.ofSizeAndGrace(TEN_SECONDS, GRACE))
                .aggregate(() -> "-", (person, v, seen) -> v.equals("a") ? "a" + seen.substring(1) : seen.charAt(0) + v.substring(1),
                        Materialized.<String, String, WindowStore<Bytes, byte[]>>as("joined").withKeySerde(TEXT).withValueSerde(TEXT).withCachingEnabled())
                .toStream((window, v) -> window.key() + "|" + window.window().start())
                .filter((key, v) -> v.length() > 1 && v.charAt(0) == 'a')
                .mapValues(v -> v.substring(1));
    }

    private KStream<String, String> q11() {
        return events(Event.BID, (key, e) -> KeyValue.pair(Long.toString(e.bidder), new byte[0]))
                .groupByKey(Grouped.<String, byte[]>as("bidder").withKeySerde(TEXT).withValueSerde(Serdes.ByteArray()))
                .windowedBy(SessionWindows.ofInactivityGapAndGrace(TEN_SECONDS, GRACE))
                .count(Materialized.<String, Long, SessionStore<Bytes, byte[]>>as("session").withKeySerde(TEXT).withCachingEnabled())
                .toStream((window, n) -> window.key() + "|" + window.window().start() + "|" + window.window().end())
                .mapValues(n -> n == null ? null : Long.toString(n));
    }

    /** A query over bids as they lie, whose key has the auction in it. */
    private <S> KStream<String, String> keyed(ProcessorSupplier<String, byte[], String, String> query, String store, Serde<S> serde) {
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(store), TEXT, serde).withCachingEnabled());
        return input().process(query, store);
    }
}
