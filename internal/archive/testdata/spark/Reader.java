import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Reads tables of the lake with Spark: a JSON request a line in, an answer a line out. */
public class Reader {
  private static final ObjectMapper json = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.log.level", "ERROR")
            .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
            .config("spark.sql.catalog.millrace", "org.apache.iceberg.spark.SparkCatalog");
    json.readTree(args[0])
        .fields()
        .forEachRemaining(e -> builder.config("spark.sql.catalog.millrace." + e.getKey(), e.getValue().asText()));
    try (SparkSession spark = builder.getOrCreate();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        ObjectNode answer;
        try {
          JsonNode request = json.readTree(line);
          // Iceberg's JDBC catalogue leaves a read of the database open where it starts: a session
          // has the tables as they were then.
          SparkSession session = spark.newSession();
          answer = scan(session, request);
        } catch (Exception e) { // the test says what went wrong
          answer = json.createObjectNode().put("error", e.toString());
        }
        System.out.println(json.writeValueAsString(answer));
      }
    }
  }

  /** Counts the rows of a table, and sums columns, as it is or was at a snapshot, tag or time. */
  private static ObjectNode scan(SparkSession session, JsonNode request) {
    List<String> names = new ArrayList<>(List.of("rows"));
    List<String> parts = new ArrayList<>(List.of("count(*)"));
    for (JsonNode column : request.path("sum")) {
      names.add("sum " + column.asText());
      parts.add("sum(" + column.asText() + ")");
    }
    for (JsonNode column : request.path("distinct")) {
      names.add("distinct " + column.asText());
      parts.add("count(DISTINCT " + column.asText() + ")");
    }
    String at = "";
    if (request.has("snapshot")) {
      at = " VERSION AS OF " + request.get("snapshot").asText();
    } else if (request.has("ref")) {
      at = " VERSION AS OF '" + request.get("ref").asText() + "'";
    } else if (request.has("at")) {
      at = " TIMESTAMP AS OF timestamp_millis(" + request.get("at").asText() + ")";
    }
    String from = "millrace." + request.get("table").asText() + at;
    Row row = session.sql("SELECT " + String.join(", ", parts) + " FROM " + from).head();
    ObjectNode answer = json.createObjectNode();
    for (int i = 0; i < names.size(); i++) {
      Object value = row.get(i);
      // Money is answered in millionths.
      long number = value instanceof BigDecimal money ? money.movePointRight(6).longValueExact() : (Long) value;
      answer.put(names.get(i), number);
    }
    return answer;
  }
}
