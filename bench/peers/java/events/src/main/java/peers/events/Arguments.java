package peers.events;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The command line of a contestant, as README.md defines it. */
public final class Arguments {
    private final Map<String, String> values = new HashMap<>();

    public Arguments(String[] args) {
        for (int i = 0; i + 1 < args.length; i += 2) {
            if (!args[i].startsWith("--")) {
                throw new IllegalArgumentException("unexpected argument " + args[i]);
            }
            values.put(args[i].substring(2), args[i + 1]);
        }
    }

    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }

    public int number(String name) {
        return Integer.parseInt(text(name));
    }

    /** The campaign of each ad. */
    public HashMap<String, String> campaigns() throws IOException {
        HashMap<String, String> campaigns = new HashMap<>();
        for (String line : Files.readAllLines(Path.of(text("ads")))) {
            String[] columns = line.split(",");
            campaigns.put(columns[0], columns[1]);
        }
        return campaigns;
    }

    /** Tells the harness that the query runs. */
    public static void started() {
        System.out.println("started");
        System.out.flush();
    }

    /** Tells the harness that all results are written, for some time already, and waits until it has taken its readings. */
    public static void finished(long sinceMs) throws IOException {
        System.out.println("finished " + sinceMs);
        System.out.flush();
        while (System.in.read() >= 0) {
            // The end of the input is the signal.
        }
    }
}
