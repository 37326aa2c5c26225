package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// minVersion is the oldest server whose slots tell whether they are lost.
const minVersion = 130000

// inspect looks at the server.
func (s *session) inspect(ctx context.Context) error {
	row, err := s.row(ctx, `SELECT current_setting('server_version_num'), current_setting('wal_level'), current_database(),
		system_identifier, pg_is_in_recovery() FROM pg_control_system()`)
	if err != nil {
		return fmt.Errorf("cannot inspect the server: %w", err)
	}
	s.server.version, _ = strconv.Atoi(row[0])
	s.server.database, s.server.system = row[2], row[3]
	switch {
	case s.server.version < minVersion:
		return fmt.Errorf("the server has version %s; changes are taken from PostgreSQL 13 and later", row[0])
	case row[4] == "t":
		return errors.New("the server is a standby; name the primary in url")
	case row[1] != "logical":
		return fmt.Errorf("wal_level is %s; set wal_level = logical in postgresql.conf (or ALTER SYSTEM SET wal_level = logical) and restart the server", row[1])
	}
	return nil
}

// publish makes the publication, or adds to it what it lacks.
func (s *session) publish(ctx context.Context) error {
	if err := s.inspectTables(ctx); err != nil {
		return err
	}
	name := s.cfg.Publication
	pub, err := s.row(ctx, `SELECT puballtables FROM pg_publication WHERE pubname = $1`, name)
	if err != nil {
		return fmt.Errorf("cannot look for publication %q: %w", name, err)
	}
	if pub == nil {
		sql := fmt.Sprintf("CREATE PUBLICATION %s FOR TABLE %s WITH (publish = '%s', publish_via_partition_root = true)",
			quote(name), quotedList(s.tables), s.operations())
		return s.alter(ctx, sql)
	}
	rows, err := s.query(ctx, `SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = $1`, name)
	if err != nil {
		return fmt.Errorf("cannot read publication %q: %w", name, err)
	}
	missing := slices.DeleteFunc(slices.Clone(s.tables), func(t table) bool {
		return slices.ContainsFunc(rows, func(r []string) bool { return r[0] == t.Schema && r[1] == t.Name })
	})
	if len(missing) == 0 {
		return nil
	}
	return s.alter(ctx, fmt.Sprintf("ALTER PUBLICATION %s ADD TABLE %s", quote(name), quotedList(missing)))
}

// alter changes a publication. Who may not is told what his administrator can run.
func (s *session) alter(ctx context.Context, sql string) error {
	if err := s.exec(ctx, sql); err != nil {
		return fmt.Errorf("cannot publish the tables: %w; let their owner run: %s", err, sql)
	}
	s.cfg.Logger.Info("a publication was made or extended", "source", s.cfg.Source, "sql", sql)
	return nil
}

// operations are what is published. Of an outbox only what is put in matters.
func (s *session) operations() string {
	if s.cfg.Outbox.Table != "" {
		return "insert"
	}
	return "insert, update, delete, truncate"
}

func quotedList(tables []table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.quoted()
	}
	return strings.Join(names, ", ")
}

// inspectTables checks that the tables can be published without harm: the server
// refuses updates and deletes of a published table whose rows it cannot identify.
func (s *session) inspectTables(ctx context.Context) error {
	s.info = make(map[table]tableInfo)
	for _, t := range s.tables {
		row, err := s.row(ctx, `SELECT c.relreplident, c.relkind,
			(SELECT string_agg(a.attname, E'\n' ORDER BY array_position(i.indkey::int2[], a.attnum))
			 FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
			 WHERE i.indrelid = c.oid AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident ELSE i.indisprimary END)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relname = $2`, t.Schema, t.Name)
		switch {
		case err != nil:
			return fmt.Errorf("cannot inspect table %s: %w", t, err)
		case row == nil:
			return fmt.Errorf("there is no table %s in database %s", t, s.server.database)
		case row[1] != "r" && row[1] != "p":
			return fmt.Errorf("%s is no table; changes of views and foreign tables cannot be taken", t)
		case s.cfg.Outbox.Table != "":
		case row[0] == "n", row[0] == "d" && row[2] == "":
			return fmt.Errorf("table %s has no primary key, and the server would refuse its updates and deletes once it is published; "+
				"give it a key, or run: ALTER TABLE %s REPLICA IDENTITY FULL", t, t.quoted())
		}
		info := tableInfo{partitioned: row[1] == "p"}
		if row[2] != "" {
			info.keys = strings.Split(row[2], "\n")
		}
		s.info[t] = info
	}
	return nil
}
