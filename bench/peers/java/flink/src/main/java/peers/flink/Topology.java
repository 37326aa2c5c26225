package peers.flink;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import peers.events.Arguments;
import peers.events.Event;
import peers.events.Matcher;

/** The queries of README.md. */
final class Topology {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    static final TypeInformation<Tuple2<String, String>> RESULT = Types.TUPLE(Types.STRING, Types.STRING);

    private final StreamExecutionEnvironment env;
    private final Arguments args;

    private Topology(StreamExecutionEnvironment env, Arguments args) {
        this.env = env;
        this.args = args;
    }

    static void build(StreamExecutionEnvironment env, Arguments args) throws Exception {
        Topic.write(new Topology(env, args).query(args.text("query")), args);
    }

    private DataStream<Tuple2<String, String>> query(String name) throws Exception {
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
                return q18();
            case "cep":
                return cep();
            default:
                throw new IllegalArgumentException("unknown query " + name);
        }
    }

    private <T> DataStream<T> read(int wanted, TypeInformation<T> type, Topic.Make<T> make) {
        return Topic.read(env, args, wanted, type, make);
    }

    private DataStream<Tuple2<String, String>> ysb() throws Exception {
        HashMap<String, String> campaigns = args.campaigns();
        return read(Event.VIEW, Types.STRING, (e, offset) -> campaigns.get(e.ad))
                .keyBy(campaign -> campaign)
                .window(TumblingEventTimeWindows.of(TEN_SECONDS))
                .aggregate(new Count<>(), new PerWindow<>((key, w, n) -> Tuple2.of(key + "|" + w.getStart(), Long.toString(n))));
    }

    private DataStream<Tuple2<String, String>> q3() {
        // A person's key, the auction (0: this is the person), the person's text.
        return read(Event.PERSON | Event.AUCTION, Types.TUPLE(Types.LONG, Types.LONG, Types.STRING), (e, offset) -> {
            if (e.kind == Event.AUCTION) {
                return e.category == 10 ? Tuple3.of(e.seller, e.id, "") : null;
            }
            boolean near = e.state.equals("OR") || e.state.equals("ID") || e.state.equals("CA");
            return near ? Tuple3.of(e.id, 0L, e.name + "|" + e.city + "|" + e.state) : null;
        }).keyBy(t -> t.f0).process(new Keyed.Join());
    }

    private DataStream<Tuple2<String, String>> q4() {
        // Auction, category (-1: a bid), time, expires, price.
        TypeInformation<Tuple5<Long, Long, Long, Long, Long>> type = new TypeHint<Tuple5<Long, Long, Long, Long, Long>>() { }.getTypeInfo();
        return read(Event.AUCTION | Event.BID, type, (e, offset) -> e.kind == Event.BID
                ? Tuple5.of(e.auction, -1L, e.time, 0L, e.price)
                : Tuple5.of(e.id, e.category, e.time, e.expires, 0L))
                .keyBy(t -> t.f0).process(new Keyed.WinningBid())
                .keyBy(t -> t.f0).process(new Keyed.Average());
    }

    private DataStream<Tuple2<String, String>> q5() {
        // Slices of two seconds are counted once, and each belongs to five windows.
        return read(Event.BID, Types.LONG, (e, offset) -> e.auction)
                .keyBy(auction -> auction)
                .window(TumblingEventTimeWindows.of(Duration.ofSeconds(2)))
                .aggregate(new Count<>(), new Slice())
                .flatMap((Tuple3<Long, Long, Long> slice, Collector<Tuple3<Long, Long, Long>> out) -> {
                    for (long start = slice.f0 - 8_000; start <= slice.f0; start += 2_000) {
                        out.collect(Tuple3.of(start, slice.f1, slice.f2));
                    }
                }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG))
                .keyBy(t -> t.f0).process(new Keyed.Top());
    }

    private DataStream<Tuple2<String, String>> q8() {
        // A person's key, and his name ("": he sells).
        return read(Event.PERSON | Event.AUCTION, Types.TUPLE(Types.LONG, Types.STRING), (e, offset) -> e.kind == Event.PERSON
                ? Tuple2.of(e.id, e.name) : Tuple2.of(e.seller, ""))
                .keyBy(t -> t.f0)
                .window(TumblingEventTimeWindows.of(TEN_SECONDS))
                .aggregate(new NameOfSeller(), new Sellers());
    }

    private DataStream<Tuple2<String, String>> q11() {
        return read(Event.BID, Types.LONG, (e, offset) -> e.bidder)
                .keyBy(bidder -> bidder)
                .window(EventTimeSessionWindows.withGap(TEN_SECONDS))
                .aggregate(new Count<>(), new PerWindow<>((key, w, n) -> Tuple2.of(
                        key + "|" + w.getStart() + "|" + (w.getEnd() - TEN_SECONDS.toMillis()), Long.toString(n))));
    }

    private DataStream<Tuple2<String, String>> q18() {
        return read(Event.BID, Types.POJO(Bid.class), Bid::of).keyBy(Bid::pair, Types.TUPLE(Types.LONG, Types.LONG)).process(new Keyed.LastBid());
    }

    private DataStream<Tuple2<String, String>> cep() {
        // B and C exclude each other, so that there is nothing for greedy() to choose.
        Pattern<Bid, ?> pattern = Pattern.<Bid>begin("A", AfterMatchSkipStrategy.skipPastLastEvent())
                .next("B").where(new FromFirst((a, b) -> b > a - Matcher.STEP)).oneOrMore().consecutive().optional()
                .next("C").where(new FromFirst((a, c) -> c < a - Matcher.STEP))
                .within(Duration.ofMillis(Matcher.WITHIN_MS));
        DataStream<Bid> bids = read(Event.BID, Types.POJO(Bid.class), Bid::of)
                .keyBy(Bid::pair, Types.TUPLE(Types.LONG, Types.LONG));
        return CEP.pattern(bids, pattern).process(new Row(), RESULT);
    }

    /** How a price compares with that of A. */
    interface Prices extends java.io.Serializable {
        boolean hold(long a, long other);
    }

    private static final class FromFirst extends IterativeCondition<Bid> {
        private static final long serialVersionUID = 1;
        private final Prices prices;

        FromFirst(Prices prices) {
            this.prices = prices;
        }

        @Override
        public boolean filter(Bid bid, Context<Bid> context) throws Exception {
            return prices.hold(context.getEventsForPattern("A").iterator().next().price, bid.price);
        }
    }

    private static final class Row extends PatternProcessFunction<Bid, Tuple2<String, String>> {
        private static final long serialVersionUID = 1;

        @Override
        public void processMatch(Map<String, List<Bid>> match, Context context, Collector<Tuple2<String, String>> out) {
            Bid a = match.get("A").get(0);
            Bid c = match.get("C").get(0);
            List<Bid> b = match.get("B");
            out.collect(Tuple2.of(a.auction + "|" + a.bidder + "|" + a.offset + "|" + c.offset,
                    a.price + "|" + (b == null ? 0 : b.size()) + "|" + c.price));
        }
    }

    private static final class Count<T> implements AggregateFunction<T, Long, Long> {
        private static final long serialVersionUID = 1;

        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(T value, Long n) {
            return n + 1;
        }

        @Override
        public Long getResult(Long n) {
            return n;
        }

        @Override
        public Long merge(Long a, Long b) {
            return a + b;
        }
    }

    /** A window's result as text. */
    interface Show<K> extends java.io.Serializable {
        Tuple2<String, String> of(K key, TimeWindow window, long count);
    }

    private static final class PerWindow<K> extends ProcessWindowFunction<Long, Tuple2<String, String>, K, TimeWindow>
            implements org.apache.flink.api.java.typeutils.ResultTypeQueryable<Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private final Show<K> show;

        PerWindow(Show<K> show) {
            this.show = show;
        }

        @Override
        public void process(K key, Context context, Iterable<Long> count, Collector<Tuple2<String, String>> out) {
            out.collect(show.of(key, context.window(), count.iterator().next()));
        }

        @Override
        public TypeInformation<Tuple2<String, String>> getProducedType() {
            return RESULT;
        }
    }

    private static final class Slice extends ProcessWindowFunction<Long, Tuple3<Long, Long, Long>, Long, TimeWindow> {
        private static final long serialVersionUID = 1;

        @Override
        public void process(Long auction, Context context, Iterable<Long> count, Collector<Tuple3<Long, Long, Long>> out) {
            out.collect(Tuple3.of(context.window().getStart(), auction, count.iterator().next()));
        }
    }

    /** The name behind "a" once there was an auction. */
    private static final class NameOfSeller implements AggregateFunction<Tuple2<Long, String>, String, String> {
        private static final long serialVersionUID = 1;

        @Override
        public String createAccumulator() {
            return "-";
        }

        @Override
        public String add(Tuple2<Long, String> v, String seen) {
            return v.f1.isEmpty() ? "a" + seen.substring(1) : seen.charAt(0) + v.f1;
        }

        @Override
        public String getResult(String seen) {
            return seen;
        }

        @Override
        public String merge(String a, String b) {
            throw new UnsupportedOperationException("tumbling windows do not merge");
        }
    }

    private static final class Sellers extends ProcessWindowFunction<String, Tuple2<String, String>, Long, TimeWindow> {
        private static final long serialVersionUID = 1;

        @Override
        public void process(Long person, Context context, Iterable<String> seen, Collector<Tuple2<String, String>> out) {
            String v = seen.iterator().next();
            if (v.length() > 1 && v.charAt(0) == 'a') {
                out.collect(Tuple2.of(person + "|" + context.window().getStart(), v.substring(1)));
            }
        }
    }
}
