package peers.flink;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import peers.events.Arguments;
import peers.events.Event;
import peers.events.Parser;

/** Where events come from and results go to. */
final class Topic {
    private static final Duration DISORDER = Duration.ofSeconds(4);

    private Topic() {
    }

    /** Makes what a query needs of an event; null: nothing. */
    interface Make<T> extends Serializable {
        T of(Event event, long offset);
    }

    static <T> DataStream<T> read(StreamExecutionEnvironment env, Arguments args, int wanted, TypeInformation<T> type, Make<T> make) {
        KafkaSource<T> source = KafkaSource.<T>builder()
                .setBootstrapServers(args.text("brokers"))
                .setTopics(args.text("input"))
                .setGroupId("flink-" + args.text("output"))
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setBounded(OffsetsInitializer.latest())
                .setDeserializer(new Decode<>(wanted, type, make))
                .build();
        // A record's timestamp in the topic is its event time.
        return env.fromSource(source, WatermarkStrategy.forBoundedOutOfOrderness(DISORDER), "events", type);
    }

    static void write(DataStream<Tuple2<String, String>> results, Arguments args) {
        Properties p = new Properties();
        p.setProperty("transaction.timeout.ms", "300000");
        results.sinkTo(KafkaSink.<Tuple2<String, String>>builder()
                .setBootstrapServers(args.text("brokers"))
                .setKafkaProducerConfig(p)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix("flink-" + args.text("output"))
                .setRecordSerializer(KafkaRecordSerializationSchema.<Tuple2<String, String>>builder()
                        .setTopic(args.text("output"))
                        .setKeySerializationSchema(new Part(0))
                        .setValueSerializationSchema(new Part(1))
                        .build())
                .build());
    }

    /** The key or the value of a result. It is a class since Flink asks for its type. */
    private static final class Part implements SerializationSchema<Tuple2<String, String>> {
        private static final long serialVersionUID = 1;
        private final int position;

        Part(int position) {
            this.position = position;
        }

        @Override
        public byte[] serialize(Tuple2<String, String> result) {
            String text = result.getField(position);
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static final class Decode<T> implements KafkaRecordDeserializationSchema<T> {
        private static final long serialVersionUID = 1;
        private final int wanted;
        private final TypeInformation<T> type;
        private final Make<T> make;
        private transient Parser parser;

        Decode(int wanted, TypeInformation<T> type, Make<T> make) {
            this.wanted = wanted;
            this.type = type;
            this.make = make;
        }

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> r, Collector<T> out) {
            if (parser == null) {
                parser = new Parser(wanted);
            }
            Event e = wanted == Event.VIEW ? parser.ysb(r.value()) : parser.nexmark(r.value());
            T made = e == null ? null : make.of(e, r.offset());
            if (made != null) {
                out.collect(made);
            }
        }

        @Override
        public TypeInformation<T> getProducedType() {
            return type;
        }
    }
}
