package peers.streams;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Arrays of numbers as bytes. */
final class Longs {
    private Longs() {
    }

    static Serde<long[]> serde() {
        Serializer<long[]> to = (topic, v) -> {
            if (v == null) {
                return null;
            }
            ByteBuffer b = ByteBuffer.allocate(v.length * Long.BYTES);
            b.asLongBuffer().put(v);
            return b.array();
        };
        Deserializer<long[]> from = (topic, b) -> {
            if (b == null) {
                return null;
            }
            long[] v = new long[b.length / Long.BYTES];
            ByteBuffer.wrap(b).asLongBuffer().get(v);
            return v;
        };
        return Serdes.serdeFrom(to, from);
    }
}
