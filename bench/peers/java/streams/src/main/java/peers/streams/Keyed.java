package peers.streams;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import peers.events.Event;
import peers.events.Matcher;
import peers.events.Parser;

/** The parts of queries that the DSL has no operator for. */
final class Keyed {
    private static final long DISORDER_MS = 4_000;

    private Keyed() {
    }

    /** q3: a person with the auctions that wait for him, or alone. */
    static final class Join extends ContextualProcessor<String, String, String, String> {
        private KeyValueStore<String, String> store;

        @Override
        public void init(ProcessorContext<String, String> context) {
            super.init(context);
            store = context.getStateStore("person");
        }

        @Override
        public void process(Record<String, String> r) {
            String known = store.get(r.key());
            boolean person = r.value().charAt(0) == 'p';
            String text = r.value().substring(1);
            if (person) {
                store.put(r.key(), r.value());
                if (known != null && known.charAt(0) == 'a') {
                    for (String auction : known.substring(1).split(",")) {
                        context().forward(r.withKey(auction).withValue(text));
                    }
                }
            } else if (known != null && known.charAt(0) == 'p') {
                context().forward(r.withKey(text).withValue(known.substring(1)));
            } else {
                store.put(r.key(), known == null ? r.value() : known + "," + text);
            }
        }
    }

    /** q4: the highest bid of an auction, as category and price. */
    static final class WinningBid extends ContextualFixedKeyProcessor<String, long[], long[]> {
        // An auction's state: time, expires, category (-1: not seen yet), price; then bids that came before it.
        private KeyValueStore<String, long[]> store;

        @Override
        public void init(FixedKeyProcessorContext<String, long[]> context) {
            super.init(context);
            store = context.getStateStore("auction");
        }

        @Override
        public void process(FixedKeyRecord<String, long[]> r) {
            long[] v = r.value();
            long[] state = store.get(r.key());
            if (v.length == 3) {
                long[] fresh = {v[0], v[1], v[2], 0};
                for (int i = 4; state != null && i < state.length; i += 2) {
                    bid(fresh, state[i], state[i + 1]);
                }
                store.put(r.key(), fresh);
                if (fresh[3] > 0) {
                    context().forward(r.withValue(new long[] {fresh[2], fresh[3]}));
                }
            } else if (state == null) {
                store.put(r.key(), new long[] {0, 0, -1, 0, v[0], v[1]});
            } else if (state[2] < 0) {
                long[] more = Arrays.copyOf(state, state.length + 2);
                more[state.length] = v[0];
                more[state.length + 1] = v[1];
                store.put(r.key(), more);
            } else if (bid(state, v[0], v[1])) {
                store.put(r.key(), state);
                context().forward(r.withValue(new long[] {state[2], state[3]}));
            }
        }

        private static boolean bid(long[] state, long time, long price) {
            if (time < state[0] || time > state[1] || price <= state[3]) {
                return false;
            }
            state[3] = price;
            return true;
        }
    }

    /** q5: the auctions of this partition with the most bids in a window. */
    static final class Top extends ContextualProcessor<Windowed<String>, Long, String, long[]> {
        private KeyValueStore<Long, long[]> store;

        @Override
        public void init(ProcessorContext<String, long[]> context) {
            super.init(context);
            store = context.getStateStore("top");
        }

        @Override
        public void process(Record<Windowed<String>, Long> r) {
            long start = r.key().window().start();
            long[] top = store.get(start);
            long[] one = {r.value(), Long.parseLong(r.key().key())};
            if (top != null && top[0] > one[0]) {
                return;
            }
            long[] now = top == null ? one : Queries.most(top, one);
            store.put(start, now);
            context().forward(r.withKey(Long.toString(start)).withValue(now));
        }
    }

    /** What reads the input as it lies. */
    private abstract static class OverBids extends ContextualProcessor<String, byte[], String, String> {
        private final Parser parser = new Parser(Event.BID | Event.END);

        @Override
        public void process(Record<String, byte[]> r) {
            Event e = parser.nexmark(r.value());
            if (e == null) {
                return;
            }
            if (e.kind == Event.END) {
                end(r.timestamp());
            } else {
                bid(r, e);
            }
        }

        abstract void bid(Record<String, byte[]> r, Event e);

        void end(long timestamp) {
        }
    }

    /** q18: the last bid of a bidder for an auction. */
    static final class LastBid extends OverBids {
        private KeyValueStore<String, Long> store;

        @Override
        public void init(ProcessorContext<String, String> context) {
            super.init(context);
            store = context.getStateStore("last");
        }

        @Override
        void bid(Record<String, byte[]> r, Event e) {
            String key = e.bidder + "|" + e.auction;
            Long last = store.get(key);
            if (last == null || e.time >= last) {
                store.put(key, e.time);
                context().forward(r.withKey(key).withValue(e.price + "|" + e.time));
            }
        }
    }

    /** cep: rows wait until event time has passed them. */
    static final class Pattern extends OverBids {
        private static final int WIDTH = 3; // time, offset, price
        private KeyValueStore<String, long[]> store;

        @Override
        public void init(ProcessorContext<String, String> context) {
            super.init(context);
            store = context.getStateStore("rows");
            context.schedule(Duration.ofSeconds(10), PunctuationType.STREAM_TIME, now -> settleAll(now - DISORDER_MS, now));
        }

        @Override
        void bid(Record<String, byte[]> r, Event e) {
            String key = e.auction + "|" + e.bidder;
            List<long[]> rows = rows(store.get(key));
            long[] row = {e.time, context().recordMetadata().orElseThrow().offset(), e.price};
            int at = rows.size();
            while (at > 0 && rows.get(at - 1)[0] > row[0]) {
                at--;
            }
            rows.add(at, row);
            settle(key, rows, context().currentStreamTimeMs() - DISORDER_MS, r.timestamp());
        }

        @Override
        void end(long timestamp) {
            settleAll(Long.MAX_VALUE, timestamp);
        }

        private void settleAll(long before, long timestamp) {
            List<KeyValue<String, long[]>> all = new ArrayList<>();
            try (KeyValueIterator<String, long[]> each = store.all()) {
                each.forEachRemaining(all::add);
            }
            for (KeyValue<String, long[]> kv : all) {
                settle(kv.key, rows(kv.value), before, timestamp);
            }
        }

        private void settle(String key, List<long[]> rows, long before, long timestamp) {
            int done = Matcher.settle(rows, before, (a, bs, c) -> context().forward(new Record<>(
                    key + "|" + a[1] + "|" + c[1], a[2] + "|" + bs + "|" + c[2], timestamp)));
            long[] flat = new long[(rows.size() - done) * WIDTH];
            for (int i = done; i < rows.size(); i++) {
                System.arraycopy(rows.get(i), 0, flat, (i - done) * WIDTH, WIDTH);
            }
            store.put(key, flat.length == 0 ? null : flat);
        }

        private static List<long[]> rows(long[] flat) {
            List<long[]> rows = new ArrayList<>();
            for (int i = 0; flat != null && i < flat.length; i += WIDTH) {
                rows.add(Arrays.copyOfRange(flat, i, i + WIDTH));
            }
            return rows;
        }
    }
}
