package peers.flink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** The parts of queries that are keyed functions with state and timers. */
final class Keyed {
    private Keyed() {
    }

    /** q3: a person with the auctions that wait for him, or alone. */
    static final class Join extends KeyedProcessFunction<Long, Tuple3<Long, Long, String>, Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private transient ValueState<String> person;
        private transient ListState<Long> waiting;

        @Override
        public void open(OpenContext context) {
            person = getRuntimeContext().getState(new ValueStateDescriptor<>("person", Types.STRING));
            waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", Types.LONG));
        }

        @Override
        public void processElement(Tuple3<Long, Long, String> t, Context context, Collector<Tuple2<String, String>> out) throws Exception {
            if (t.f1 == 0) {
                person.update(t.f2);
                for (long auction : waiting.get()) {
                    out.collect(Tuple2.of(Long.toString(auction), t.f2));
                }
                waiting.clear();
                return;
            }
            String text = person.value();
            if (text == null) {
                waiting.add(t.f1);
            } else {
                out.collect(Tuple2.of(Long.toString(t.f1), text));
            }
        }
    }

    /** q4: the category and highest bid of an auction once event time has passed its expiry. */
    static final class WinningBid extends KeyedProcessFunction<Long, Tuple5<Long, Long, Long, Long, Long>, Tuple2<Long, Long>> {
        private static final long serialVersionUID = 1;
        private transient ValueState<Tuple4<Long, Long, Long, Long>> auction; // category, time, expires, price
        private transient ListState<Tuple2<Long, Long>> early; // time and price of bids that came before it

        @Override
        public void open(OpenContext context) {
            auction = getRuntimeContext().getState(new ValueStateDescriptor<>(
                    "auction", Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG)));
            early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", Types.TUPLE(Types.LONG, Types.LONG)));
        }

        @Override
        public void processElement(Tuple5<Long, Long, Long, Long, Long> t, Context context, Collector<Tuple2<Long, Long>> out) throws Exception {
            Tuple4<Long, Long, Long, Long> a = auction.value();
            if (t.f1 >= 0) {
                a = Tuple4.of(t.f1, t.f2, t.f3, 0L);
                for (Tuple2<Long, Long> bid : early.get()) {
                    raise(a, bid.f0, bid.f1);
                }
                early.clear();
                auction.update(a);
                context.timerService().registerEventTimeTimer(t.f3);
            } else if (a == null) {
                early.add(Tuple2.of(t.f2, t.f4));
                // When event time is there, an auction that began before the bid has been seen.
                context.timerService().registerEventTimeTimer(t.f2);
            } else if (raise(a, t.f2, t.f4)) {
                auction.update(a);
            }
        }

        private static boolean raise(Tuple4<Long, Long, Long, Long> a, long time, long price) {
            if (time < a.f1 || time > a.f2 || price <= a.f3) {
                return false;
            }
            a.f3 = price;
            return true;
        }

        @Override
        public void onTimer(long timestamp, OnTimerContext context, Collector<Tuple2<Long, Long>> out) throws Exception {
            Tuple4<Long, Long, Long, Long> a = auction.value();
            if (a == null) {
                List<Tuple2<Long, Long>> later = new ArrayList<>();
                for (Tuple2<Long, Long> bid : early.get()) {
                    if (bid.f0 > timestamp) {
                        later.add(bid);
                    }
                }
                early.update(later);
            } else if (timestamp >= a.f2) {
                if (a.f3 > 0) {
                    out.collect(Tuple2.of(a.f0, a.f3));
                }
                auction.clear();
            }
        }
    }

    /** q4: the average of a category. */
    static final class Average extends KeyedProcessFunction<Long, Tuple2<Long, Long>, Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private transient ValueState<Tuple2<Long, Long>> sum;

        @Override
        public void open(OpenContext context) {
            sum = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Types.TUPLE(Types.LONG, Types.LONG)));
        }

        @Override
        public void processElement(Tuple2<Long, Long> t, Context context, Collector<Tuple2<String, String>> out) throws Exception {
            Tuple2<Long, Long> s = sum.value();
            s = s == null ? Tuple2.of(1L, t.f1) : Tuple2.of(s.f0 + 1, s.f1 + t.f1);
            sum.update(s);
            out.collect(Tuple2.of(Long.toString(t.f0), s.f0 + "|" + s.f1 + "|" + s.f1 / s.f0));
        }
    }

    /** q5: the auctions with the most bids of a window, from its slices. */
    static final class Top extends KeyedProcessFunction<Long, Tuple3<Long, Long, Long>, Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private static final long LAST_MS = 9_999;
        private transient MapState<Long, Long> counts;

        @Override
        public void open(OpenContext context) {
            counts = getRuntimeContext().getMapState(new MapStateDescriptor<>("counts", Types.LONG, Types.LONG));
        }

        @Override
        public void processElement(Tuple3<Long, Long, Long> t, Context context, Collector<Tuple2<String, String>> out) throws Exception {
            Long before = counts.get(t.f1);
            counts.put(t.f1, before == null ? t.f2 : before + t.f2);
            context.timerService().registerEventTimeTimer(t.f0 + LAST_MS);
        }

        @Override
        public void onTimer(long timestamp, OnTimerContext context, Collector<Tuple2<String, String>> out) throws Exception {
            long most = 0;
            List<Long> auctions = new ArrayList<>();
            for (Map.Entry<Long, Long> e : counts.entries()) {
                if (e.getValue() > most) {
                    most = e.getValue();
                    auctions.clear();
                }
                if (e.getValue() == most) {
                    auctions.add(e.getKey());
                }
            }
            counts.clear();
            out.collect(Tuple2.of(Long.toString(timestamp - LAST_MS),
                    most + "|" + auctions.stream().sorted().map(String::valueOf).collect(Collectors.joining(","))));
        }
    }

    /** q18: the last bid of a bidder for an auction. */
    static final class LastBid extends KeyedProcessFunction<Tuple2<Long, Long>, Bid, Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private transient ValueState<Long> last;

        @Override
        public void open(OpenContext context) {
            last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", Types.LONG));
        }

        @Override
        public void processElement(Bid b, Context context, Collector<Tuple2<String, String>> out) throws Exception {
            Long time = last.value();
            if (time == null || b.time >= time) {
                last.update(b.time);
                out.collect(Tuple2.of(b.bidder + "|" + b.auction, b.price + "|" + b.time));
            }
        }
    }
}
