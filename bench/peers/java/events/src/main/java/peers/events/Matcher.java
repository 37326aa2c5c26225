package peers.events;

import java.util.List;

/**
 * The pattern A B* C of the query "cep" over the rows of one key in order: what MATCH_RECOGNIZE does with AFTER MATCH
 * SKIP PAST LAST ROW. For systems without pattern matching of their own.
 */
public final class Matcher {
    public static final long WITHIN_MS = 5_000;
    public static final long STEP = 50;

    /** A row is time, offset, price. */
    public interface Found {
        void match(long[] a, int bs, long[] c);
    }

    private Matcher() {
    }

    /**
     * Finds the matches that no later row can change, and returns how many rows from the first on are no longer needed.
     * No row to come has a time before the given one.
     */
    public static int settle(List<long[]> rows, long before, Found found) {
        int from = 0;
        while (from < rows.size()) {
            int end = attempt(rows, from, before);
            if (end == OPEN) {
                return from;
            }
            if (end == NONE) {
                from++;
                continue;
            }
            found.match(rows.get(from), end - from - 1, rows.get(end));
            from = end + 1;
        }
        return from;
    }

    private static final int NONE = -1;
    private static final int OPEN = -2;

    /** Returns the last row of the match that begins at a row, NONE, or OPEN when rows to come decide. */
    private static int attempt(List<long[]> rows, int from, long before) {
        long[] a = rows.get(from);
        for (int i = from + 1; i < rows.size(); i++) {
            long[] row = rows.get(i);
            if (row[0] >= before) {
                break;
            }
            if (row[0] - a[0] >= WITHIN_MS || row[2] == a[2] - STEP) {
                return NONE;
            }
            if (row[2] < a[2] - STEP) {
                return i;
            }
        }
        return before - a[0] >= WITHIN_MS ? NONE : OPEN;
    }
}
