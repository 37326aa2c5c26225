package mysql

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/source/cdc"
)

// shape is how the rows of a table are written: what does not depend on the row
// is put together once.
type shape struct {
	columns  []column
	keyed    bool   // it has a primary key, so that no two rows are equal
	origin   []byte // of source, up to what changes
	envelope string // that records carry: the key's columns
}

func (s *session) shapeOf(t table, keys []string) *shape {
	connector := "mysql"
	if s.server.mariadb {
		connector = "mariadb"
	}
	out := &shape{keyed: len(keys) > 0, origin: []byte(`"source":{"connector":"` + connector + `","name":`)}
	for _, f := range [...]struct{ before, text string }{{"", s.cfg.Source}, {`,"db":`, t.Schema}, {`,"table":`, t.Name}} {
		out.origin, _ = cdc.AppendText(append(out.origin, f.before...), f.text)
	}
	envelope := []byte("{")
	for i, k := range keys {
		if i == 0 {
			envelope = append(envelope, `"key":[`...)
		}
		envelope, _ = cdc.AppendText(envelope, k)
		if i < len(keys)-1 {
			envelope = append(envelope, ',')
		} else {
			envelope = append(envelope, "],"...)
		}
	}
	envelope, _ = cdc.AppendText(append(envelope, `"table":`...), t.String())
	out.envelope = string(append(envelope, '}'))
	return out
}

func (s *shape) add(name string, k kind, bits int, names []string) {
	text, _ := cdc.AppendText(nil, name)
	s.columns = append(s.columns, column{name: append(text, ':'), kind: k, bits: bits, names: names})
}

var errMetadata = errors.New("the binary log has a change without the names of its columns; set binlog_row_metadata = FULL in the server's configuration")

// describe is the shape of a table as its changes in the log have it.
func (s *session) describe(t table, m *replication.TableMapEvent) (*shape, error) {
	names := m.ColumnNameString()
	if len(names) != int(m.ColumnCount) || len(names) != len(m.ColumnType) {
		return nil, errMetadata
	}
	var keys []string
	for _, i := range m.PrimaryKey {
		if i < uint64(len(names)) {
			keys = append(keys, names[i])
		}
	}
	out := s.shapeOf(t, keys)
	noSign, collations := m.UnsignedMap(), m.CollationMap()
	enums, sets := m.EnumStrValueMap(), m.SetStrValueMap()
	for i, name := range names {
		switch {
		case m.IsEnumColumn(i):
			out.add(name, enum, 64, enums[i])
		case m.IsSetColumn(i):
			out.add(name, set, 64, sets[i])
		default:
			k, bits := kindOf(m.ColumnType[i], noSign[i], collations[i])
			out.add(name, k, bits, nil)
		}
	}
	return out, nil
}

// fromFields is the shape of a table as a query gives it.
func (s *session) fromFields(t table, fields []*mysql.Field) *shape {
	var keys []string
	for _, f := range fields {
		if f.Flag&mysql.PRI_KEY_FLAG != 0 {
			keys = append(keys, string(f.Name))
		}
	}
	out := s.shapeOf(t, keys)
	for _, f := range fields {
		collation := uint64(0)
		if f.Charset == collationBinary && f.Flag&(mysql.ENUM_FLAG|mysql.SET_FLAG) == 0 {
			collation = collationBinary
		}
		k, bits := kindOf(f.Type, f.Flag&mysql.UNSIGNED_FLAG != 0, collation)
		out.add(string(f.Name), k, bits, nil)
	}
	return out
}

// appendRow appends a row as an object. A value that was not logged is left out of
// the row before, and marked as unavailable in the row after: it is not null.
func (s *shape) appendRow(dst []byte, row []any, skipped []int, before bool) (_ []byte, valid bool) {
	dst, valid = append(dst, '{'), true
	first := true
	for i := range min(len(row), len(s.columns)) {
		missing := len(skipped) > 0 && slices.Contains(skipped, i)
		if missing && before {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, s.columns[i].name...)
		if missing {
			dst = append(append(append(dst, '"'), debezium.Unavailable...), '"')
			continue
		}
		var ok bool
		dst, ok = s.columns[i].appendValue(dst, row[i])
		valid = valid && ok
	}
	return append(dst, '}'), valid
}

// change is one row of an event.
type change struct {
	op            byte
	before, after []any // nil: none
	skippedBefore []int
	skippedAfter  []int
	at            position // of the event
	row           int
	time          uint32 // seconds since 1970
	serverID      uint32
	gtid          string
}

// appendChange appends a change as a Debezium envelope.
func (s *shape) appendChange(dst []byte, c *change) (_ []byte, valid bool) {
	dst, valid = append(dst, `{"before":`...), true
	ok := true
	if c.before != nil {
		dst, valid = s.appendRow(dst, c.before, c.skippedBefore, true)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"after":`...)
	if c.after != nil {
		dst, ok = s.appendRow(dst, c.after, c.skippedAfter, false)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(append(dst, ','), s.origin...)
	dst = append(dst, `,"snapshot":"false"`...)
	dst = strconv.AppendUint(append(dst, `,"server_id":`...), uint64(c.serverID), 10)
	dst = strconv.AppendUint(append(dst, `,"ts_ms":`...), uint64(c.time)*1000, 10)
	if c.gtid != "" {
		dst, _ = cdc.AppendText(append(dst, `,"gtid":`...), c.gtid)
	}
	dst = appendPosition(dst, c.at)
	dst = strconv.AppendInt(append(dst, `,"row":`...), int64(c.row), 10)
	dst = append(append(append(dst, `},"op":"`...), c.op), `"}`...)
	return dst, valid && ok
}

func appendPosition(dst []byte, at position) []byte {
	dst, _ = cdc.AppendText(append(dst, `,"file":`...), at.File)
	return strconv.AppendUint(append(dst, `,"pos":`...), uint64(at.Pos), 10)
}

const readStart = `{"before":null,"after":`

// appendRead appends a row that a snapshot read, up to what follows the row's
// values.
func (s *shape) appendRead(dst []byte, row []any) (_ []byte, valid bool) {
	return s.appendRow(append(dst, readStart...), row, nil, false)
}

// appendReadSource appends the rest: the number is that of the row among its
// equals, from 1.
func (s *shape) appendReadSource(dst []byte, at position, now time.Time, number uint32) []byte {
	dst = append(append(dst, ','), s.origin...)
	dst = append(dst, `,"snapshot":"true"`...)
	dst = strconv.AppendInt(append(dst, `,"ts_ms":`...), now.UnixMilli(), 10)
	dst = appendPosition(dst, at)
	if number > 1 {
		dst = strconv.AppendUint(append(dst, `,"row":`...), uint64(number), 10)
	}
	return append(dst, `},"op":"r"}`...)
}
