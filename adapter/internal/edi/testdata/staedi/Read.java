import io.xlate.edi.schema.Schema;
import io.xlate.edi.schema.SchemaFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads files with StAEDI. Arguments: the schema of a transaction or "-", then files. Prints for each file a line
 * "file NAME", for each segment "segment TAG" and its elements behind tabs (components apart by 0x1F, repetitions
 * by 0x1E), and "error ..." for what StAEDI finds wrong.
 */
public class Read {
  public static void main(String[] args) throws Exception {
    Schema schema = null;
    if (!args[0].equals("-")) {
      try (InputStream in = new FileInputStream(args[0])) {
        schema = SchemaFactory.newFactory().createSchema(in);
      }
    }
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.ISO_8859_1);
    for (int i = 1; i < args.length; i++) {
      out.println("file " + args[i]);
      try (InputStream in = new FileInputStream(args[i])) {
        read(in, schema, out);
      } catch (Exception e) {
        out.println("error exception " + String.valueOf(e.getMessage()).replace('\n', ' '));
      }
    }
    out.flush();
  }

  static void read(InputStream in, Schema schema, PrintStream out) throws Exception {
    EDIInputFactory factory = EDIInputFactory.newFactory();
    factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_CODE_VALUES, schema != null);
    factory.setProperty(EDIInputFactory.EDI_IGNORE_EXTRANEOUS_CHARACTERS, true);
    EDIStreamReader reader = factory.createEDIStreamReader(in, StandardCharsets.ISO_8859_1.name());
    StringBuilder line = new StringBuilder();
    while (reader.hasNext()) {
      EDIStreamEvent event = reader.next();
      switch (event) {
        case START_TRANSACTION:
          if (schema != null) {
            reader.setTransactionSchema(schema);
          }
          break;
        case START_SEGMENT:
          line.setLength(0);
          line.append("segment ").append(reader.getText());
          break;
        case START_COMPOSITE:
          line.append(reader.getLocation().getElementOccurrence() > 1 ? '\u001e' : '\t');
          break;
        case ELEMENT_DATA:
          int component = reader.getLocation().getComponentPosition();
          if (component > 1) {
            line.append('\u001f');
          } else if (component < 1) {
            line.append(reader.getLocation().getElementOccurrence() > 1 ? '\u001e' : '\t');
          }
          line.append(reader.getText());
          break;
        case END_SEGMENT:
          out.println(line);
          break;
        case SEGMENT_ERROR:
        case ELEMENT_DATA_ERROR:
        case ELEMENT_OCCURRENCE_ERROR:
          out.println("error " + reader.getErrorType() + " " + reader.getLocation() + " " + reader.getText());
          break;
        default:
          break;
      }
    }
  }
}
