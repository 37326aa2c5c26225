package duckdb

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/millrace/millrace/internal/store/olap"
)

//go:embed catalogue.sql
var catalogueSQL string

// maxCatalogues bounds the catalogues that are kept; each is a small database in memory.
const maxCatalogues = 16

// catalogues answer what clients ask about the tables: PostgreSQL's catalogues and the
// information schema. Each is a database in memory of its own, made for what one role sees,
// so that nothing else can be reached there.
type catalogues struct {
	cfg Config

	mu   sync.Mutex
	open map[string]*catalogue // by role
	used []string              // roles, the one asked last at the end
}

// catalogue is one of them.
type catalogue struct {
	of  string // the tables that it was made for, as JSON
	eng *engine
}

// shape is a table as the catalogues show it.
type shape struct {
	Name    string        `json:"name"`
	Comment string        `json:"comment"`
	Columns []shapeColumn `json:"columns"`
}

type shapeColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// shapesSQL describes the tables and views that users read.
const shapesSQL = `SELECT to_json(list({'name': table_name, 'comment': coalesce(comment, ''), 'columns': columns} ORDER BY table_name))::VARCHAR
FROM (SELECT table_name, list({'name': column_name, 'type': data_type, 'comment': coalesce(comment, '')} ORDER BY column_index) AS columns
  FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal GROUP BY table_name)
LEFT JOIN (SELECT table_name AS n, comment FROM duckdb_tables() WHERE schema_name = 'main'
  UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal) ON n = table_name`

// connect returns a connection to the catalogue of a role. The caller holds no lock.
func (s *catalogues) connect(c *connection, r *olap.Reader, tables []string) (*connection, error) {
	texts, err := c.texts(shapesSQL)
	if err != nil {
		return nil, err
	}
	var all []shape
	if err := json.Unmarshal([]byte(texts[0]), &all); err != nil {
		return nil, fmt.Errorf("cannot read the tables for the catalogue: %w", err)
	}
	var visible []shape
	for _, t := range all {
		if slices.Contains(tables, strings.ToLower(t.Name)) {
			hidden := r.Hides(t.Name)
			t.Columns = slices.DeleteFunc(t.Columns, func(c shapeColumn) bool { return slices.Contains(hidden, c.Name) })
			visible = append(visible, t)
		}
	}
	of, err := json.Marshal(visible)
	if err != nil {
		return nil, err
	}
	role := ""
	if r != nil {
		role = r.Name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.make(role, string(of), visible); err != nil {
		return nil, err
	}
	return s.open[role].eng.connect()
}

// make makes the catalogue of a role, unless it is there as it should be. mu is held.
func (s *catalogues) make(role, of string, tables []shape) error {
	if i := slices.Index(s.used, role); i >= 0 {
		s.used = append(slices.Delete(s.used, i, i+1), role)
	}
	if c := s.open[role]; c != nil && c.of == of {
		return nil
	}
	eng, err := openCatalogue(s.cfg, tables)
	if err != nil {
		return err
	}
	s.drop(role)
	if len(s.used) >= maxCatalogues {
		s.drop(s.used[0])
	}
	s.open[role] = &catalogue{of, eng}
	s.used = append(s.used, role)
	return nil
}

// drop forgets a catalogue. Queries that run on it end first. mu is held.
func (s *catalogues) drop(role string) {
	c := s.open[role]
	if c == nil {
		return
	}
	delete(s.open, role)
	s.used = slices.DeleteFunc(s.used, func(r string) bool { return r == role })
	_ = c.eng.close() // it goes with its last connection
}

func (s *catalogues) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for role := range s.open {
		s.drop(role)
	}
}

// openCatalogue makes the database in memory.
func openCatalogue(cfg Config, tables []shape) (*engine, error) {
	cfg.Path, cfg.LakeDir, cfg.MemoryLimit, cfg.SpillLimit, cfg.Threads = ":memory:", "", 64*miB, 0, 1
	cfg.options = map[string]string{"storage_compatibility_version": "", "max_temp_directory_size": ""}
	eng, err := openEngine(cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot make the catalogue: %w", err)
	}
	c, err := eng.connect()
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.exec("BEGIN;\nCREATE SCHEMA info;\n" + catalogueRows(tables) + catalogueSQL + "COMMIT;"); err != nil {
		return nil, fmt.Errorf("cannot fill the catalogue: %w", err)
	}
	return eng, nil
}

// firstOID is that of the first object of a user in PostgreSQL.
const firstOID = 16384

// catalogueRows is the text of what the catalogue is over.
func catalogueRows(tables []shape) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE _tables (oid BIGINT, name VARCHAR, comment VARCHAR);\n" +
		"CREATE TABLE _columns (oid BIGINT, num INTEGER, name VARCHAR, typ BIGINT, mod INTEGER, comment VARCHAR);\n" +
		"CREATE TABLE pg_type (oid BIGINT, typname VARCHAR, typnamespace BIGINT, typowner BIGINT, typlen SMALLINT, typbyval BOOLEAN, typtype VARCHAR, typcategory VARCHAR, " +
		"typispreferred BOOLEAN, typisdefined BOOLEAN, typdelim VARCHAR, typrelid BIGINT, typsubscript VARCHAR, typelem BIGINT, typarray BIGINT, typinput VARCHAR, typoutput VARCHAR, " +
		"typreceive VARCHAR, typsend VARCHAR, typalign VARCHAR, typstorage VARCHAR, typnotnull BOOLEAN, typbasetype BIGINT, typtypmod INTEGER, typndims INTEGER, typcollation BIGINT, " +
		"typdefault VARCHAR, typacl VARCHAR[], _sql VARCHAR);\n")
	for i := range pgTypes {
		pgTypes[i].insert(&b)
	}
	for i, t := range tables {
		oid := firstOID + i
		fmt.Fprintf(&b, "INSERT INTO _tables VALUES (%d, %s, nullif(%s, ''));\n", oid, literal(t.Name), literal(t.Comment))
		for k, c := range t.Columns {
			typ, mod := pgTypeOf(c.Type)
			fmt.Fprintf(&b, "INSERT INTO _columns VALUES (%d, %d, %s, %d, %d, nullif(%s, ''));\n", oid, k+1, literal(c.Name), typ, mod, literal(c.Comment))
		}
	}
	b.WriteString("CREATE MACRO _database() AS 'millrace';\n")
	return b.String()
}

// pgType is a type of PostgreSQL.
type pgType struct {
	oid      int
	name     string
	sql      string // the standard's name
	length   int
	category string
	array    int
	duckdb   []string // types of DuckDB that are announced as it
}

// pgTypes are those that values have, and those that clients ask for.
var pgTypes = []pgType{
	{16, "bool", "boolean", 1, "B", 1000, []string{"BOOLEAN"}},
	{17, "bytea", "bytea", -1, "U", 1001, []string{"BLOB"}},
	{18, "char", `"char"`, 1, "Z", 1002, nil},
	{19, "name", "name", 64, "S", 1003, nil},
	{20, "int8", "bigint", 8, "N", 1016, []string{"BIGINT", "UINTEGER"}},
	{21, "int2", "smallint", 2, "N", 1005, []string{"SMALLINT", "TINYINT", "UTINYINT"}},
	{23, "int4", "integer", 4, "N", 1007, []string{"INTEGER", "USMALLINT"}},
	{24, "regproc", "regproc", 4, "N", 1008, nil},
	{25, "text", "text", -1, "S", 1009, []string{"VARCHAR"}},
	{26, "oid", "oid", 4, "N", 1028, nil},
	{114, "json", "json", -1, "U", 199, []string{"JSON"}},
	{700, "float4", "real", 4, "N", 1021, []string{"FLOAT"}},
	{701, "float8", "double precision", 8, "N", 1022, []string{"DOUBLE"}},
	{705, "unknown", "unknown", -2, "X", 0, nil},
	{1042, "bpchar", "character", -1, "S", 1014, nil},
	{1043, "varchar", "character varying", -1, "S", 1015, nil},
	{1082, "date", "date", 4, "D", 1182, []string{"DATE"}},
	{1083, "time", "time without time zone", 8, "D", 1183, []string{"TIME"}},
	{1114, "timestamp", "timestamp without time zone", 8, "D", 1115, []string{"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}},
	{1184, "timestamptz", "timestamp with time zone", 8, "D", 1185, []string{"TIMESTAMP WITH TIME ZONE"}},
	{1186, "interval", "interval", 16, "T", 1187, []string{"INTERVAL"}},
	{1700, "numeric", "numeric", -1, "N", 1231, []string{"HUGEINT", "UHUGEINT", "UBIGINT"}},
	{2205, "regclass", "regclass", 4, "N", 2210, nil},
	{2206, "regtype", "regtype", 4, "N", 2211, nil},
	{2278, "void", "void", 4, "P", 0, nil},
	{2950, "uuid", "uuid", 16, "U", 2951, []string{"UUID"}},
	{3802, "jsonb", "jsonb", -1, "U", 3807, nil},
}

// insert writes the type and its array.
func (t *pgType) insert(b *strings.Builder) {
	typeRow{t.oid, t.name, t.sql, t.category, t.length, 0, t.array}.insert(b)
	if t.array > 0 {
		typeRow{t.array, "_" + t.name, t.sql + "[]", "A", -1, t.oid, 0}.insert(b)
	}
}

type typeRow struct {
	oid                    int
	name, sql, category    string
	length, element, array int
}

func (r typeRow) insert(b *strings.Builder) {
	subscript, input := "-", r.name+"in"
	if r.element > 0 { // by these drivers know arrays
		subscript, input = "array_subscript_handler", "array_in"
	}
	fmt.Fprintf(b, "INSERT INTO pg_type VALUES (%d, %s, 11, 10, %d, %t, 'b', %s, false, true, ',', 0, %s, %d, %d, %s, %s, %s, %s, 'i', 'x', false, 0, -1, 0, 0, NULL, NULL, %s);\n",
		r.oid, literal(r.name), r.length, r.length > 0 && r.length <= 8, literal(r.category), literal(subscript), r.element, r.array,
		literal(input), literal(r.name+"out"), literal(r.name+"recv"), literal(r.name+"send"), literal(r.sql))
}

// jsonOID is the type of what PostgreSQL has no type for.
const jsonOID = 114

// pgTypeOf returns the type that a column of DuckDB is announced as, and its modifier.
func pgTypeOf(name string) (oid, mod int) {
	if rest, ok := strings.CutPrefix(name, "DECIMAL("); ok && !strings.HasSuffix(name, "]") {
		precision, scale, _ := strings.Cut(strings.TrimSuffix(rest, ")"), ",")
		p, err1 := strconv.Atoi(precision)
		s, err2 := strconv.Atoi(strings.TrimSpace(scale))
		if err1 == nil && err2 == nil {
			return 1700, p<<16 + s + 4
		}
	}
	element, isList := strings.CutSuffix(name, "[]")
	for i := range pgTypes {
		switch t := &pgTypes[i]; {
		case !slices.Contains(t.duckdb, element):
		case isList:
			return t.array, -1
		default:
			return t.oid, -1
		}
	}
	return jsonOID, -1
}
