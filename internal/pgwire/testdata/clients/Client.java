import java.sql.*;
import java.util.*;

/** Client does what BI tools do over JDBC, and prints what it got. */
public class Client {
  static void rows(String what, ResultSet r, String... columns) throws SQLException {
    List<String> all = new ArrayList<>();
    while (r.next()) {
      List<String> row = new ArrayList<>();
      for (String c : columns) row.add(String.valueOf(r.getObject(c)));
      all.add(String.join(" ", row));
    }
    System.out.println(what + ": " + all);
  }

  public static void main(String[] args) throws Exception {
    try (Connection c = DriverManager.getConnection(args[0])) {
      DatabaseMetaData m = c.getMetaData();
      System.out.println("product: " + m.getDatabaseProductName() + " " + m.getDatabaseMajorVersion());
      rows("schemas", m.getSchemas(), "TABLE_SCHEM");
      rows("catalogs", m.getCatalogs(), "TABLE_CAT");
      rows("tables", m.getTables(null, "main", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE");
      rows("columns", m.getColumns(null, "main", "order_lines", "%"), "COLUMN_NAME", "TYPE_NAME", "DATA_TYPE", "DECIMAL_DIGITS");
      rows("keys", m.getPrimaryKeys(null, "main", "events"), "COLUMN_NAME");
      rows("imported", m.getImportedKeys(null, "main", "events"), "FKTABLE_NAME");
      rows("indexes", m.getIndexInfo(null, "main", "events", false, true), "INDEX_NAME");
      rows("types", m.getTableTypes(), "TABLE_TYPE");
      rows("functions", m.getFunctions(null, "main", "%"), "FUNCTION_NAME");
      rows("procedures", m.getProcedures(null, "main", "%"), "PROCEDURE_NAME");
      rows("privileges", m.getTablePrivileges(null, "main", "events"), "PRIVILEGE");
      System.out.println("keywords: " + (m.getSQLKeywords().length() > 10) + ", type info: " + m.getTypeInfo().next());
      try (PreparedStatement p = c.prepareStatement("SELECT count(*) AS n, sum(amount) AS s, max(event_time) AS t, min(event_id) AS id FROM events WHERE amount > ? AND event_time < ? AND source = ?")) {
        for (int i = 0; i < 8; i++) { // the driver changes to named statements and binary values on its way
          p.setBigDecimal(1, new java.math.BigDecimal("0.5"));
          p.setTimestamp(2, Timestamp.valueOf("2030-01-01 00:00:00"));
          p.setString(3, "shop");
          rows("prepared", p.executeQuery(), "n", "s", "t", "id");
        }
      }
      try (PreparedStatement p = c.prepareStatement("SELECT ?::bigint + 1 AS a, ?::boolean AS b, ?::double precision AS c, ?::date AS d, ? AS e")) {
        p.setLong(1, 41);
        p.setBoolean(2, true);
        p.setDouble(3, 1.5);
        p.setObject(4, java.time.LocalDate.parse("2026-01-31"));
        p.setString(5, "zoë");
        rows("values", p.executeQuery(), "a", "b", "c", "d", "e");
      }
      c.setAutoCommit(false);
      try (Statement s = c.createStatement()) {
        s.setFetchSize(100);
        ResultSet r = s.executeQuery("SELECT i FROM range(1050) t(i)");
        long sum = 0;
        while (r.next()) sum += r.getLong(1);
        System.out.println("fetched: " + sum);
      }
      c.commit();
      try (Statement s = c.createStatement()) {
        s.executeQuery("SELECT nothing FROM events");
      } catch (SQLException e) {
        System.out.println("error: " + e.getSQLState());
      }
      c.rollback();
      c.setAutoCommit(true);
      try (Statement s = c.createStatement()) {
        s.setQueryTimeout(1);
        s.executeQuery("SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c WHERE a.range + b.range * c.range = 7");
      } catch (SQLException e) {
        System.out.println("timeout: " + e.getSQLState());
      }
    }
  }
}
