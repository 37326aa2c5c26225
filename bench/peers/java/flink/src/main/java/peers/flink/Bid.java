package peers.flink;

import org.apache.flink.api.java.tuple.Tuple2;
import peers.events.Event;

/** A bid with its place in its partition. Public fields make it a POJO, which Flink serialises by itself. */
public final class Bid {
    public long auction;
    public long bidder;
    public long price;
    public long time;
    public long offset;

    static Bid of(Event e, long offset) {
        Bid b = new Bid();
        b.auction = e.auction;
        b.bidder = e.bidder;
        b.price = e.price;
        b.time = e.time;
        b.offset = offset;
        return b;
    }

    Tuple2<Long, Long> pair() {
        return Tuple2.of(bidder, auction);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bid && ((Bid) other).auction == auction && ((Bid) other).offset == offset;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(auction * 31 + offset);
    }
}
