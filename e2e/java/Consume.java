import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a number of records of a topic: the schema by its id from the registry, the record by Avro's own library. */
public class Consume {
  public static void main(String[] args) throws Exception {
    String brokers = args[0], registry = args[1], topic = args[2];
    int want = Integer.parseInt(args[3]);
    GenericData data = new GenericData();
    data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    Map<Integer, Schema> schemas = new HashMap<>();
    HttpClient http = HttpClient.newHttpClient();
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "auto.offset.reset", "earliest");
    try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partitions = consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      for (int got = 0; got < want; ) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(5))) {
          ByteBuffer value = ByteBuffer.wrap(record.value());
          if (value.get() != 0) {
            throw new IllegalStateException("not the wire format");
          }
          int id = value.getInt();
          if (!schemas.containsKey(id)) {
            var request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            schemas.put(id, new Schema.Parser().parse(new ObjectMapper().readTree(answer).get("schema").asText()));
          }
          Schema schema = schemas.get(id);
          var decoder = DecoderFactory.get().binaryDecoder(record.value(), 5, record.value().length - 5, null);
          GenericRecord row = new GenericDatumReader<GenericRecord>(schema, schema, data).read(null, decoder);
          System.out.println(row.get("order_id") + " " + row.get("amount") + " " + row.get("campaign"));
          got++;
        }
      }
    }
  }
}
