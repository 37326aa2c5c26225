package postgres

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pglogrepl"

	"github.com/millrace/millrace/adapter/jsontext"
)

// message puts messages of pgoutput together.
type message []byte

func (m message) bytes(b ...byte) message { return append(m, b...) }
func (m message) u16(n int) message       { return binary.BigEndian.AppendUint16(m, uint16(n)) }
func (m message) u32(n int) message       { return binary.BigEndian.AppendUint32(m, uint32(n)) }
func (m message) u64(n int) message       { return binary.BigEndian.AppendUint64(m, uint64(n)) }
func (m message) text(s string) message   { return append(append(m, s...), 0) }

// tuple has a value per text; "null" and "same" stand for what has no text.
func (m message) tuple(kind byte, values ...string) message {
	m = m.bytes(kind).u16(len(values))
	for _, v := range values {
		switch v {
		case "null":
			m = m.bytes('n')
		case "same":
			m = m.bytes('u')
		default:
			m = append(m.bytes('t').u32(len(v)), v...)
		}
	}
	return m
}

func seeds() []message {
	return []message{
		message("B").u64(771).u64(814_963_567_123_456).u32(700),
		message("C").bytes(0).u64(771).u64(819).u64(814_963_567_123_456),
		message("R").u32(16384).text("public").text("orders").bytes('d').u16(2).
			bytes(1).text("id").u32(20).u32(-1).bytes(0).text("note").u32(25).u32(-1),
		message("I").u32(16384).tuple('N', "7", "a\"b"),
		message("U").u32(16384).tuple('N', "7", "same"),
		message("U").u32(16384).tuple('K', "6", "null").tuple('N', "7", "x"),
		message("U").u32(16384).tuple('O', "7", "old").tuple('N', "7", "same"),
		message("D").u32(16384).tuple('K', "7", "null"),
		message("T").u32(2).bytes(0).u32(16384).u32(16385),
	}
}

// The messages are read as an independent reader of the protocol reads them, and
// whatever is sent is refused, not misread.
func FuzzPgoutput(f *testing.F) {
	for _, m := range seeds() {
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		got, err := ours(data)
		want, ok := theirs(data)
		if err != nil || !ok {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is\n%s, an independent reader says\n%s", data, got, want)
		}
	})
}

func TestPgoutputIsReadAsAnIndependentReaderDoes(t *testing.T) {
	for _, m := range seeds() {
		got, err := ours(m)
		want, ok := theirs(m)
		if err != nil || !ok || got != want {
			t.Errorf("%q is %s (%v), want %s", m, got, err, want)
		}
		for n := 1; n < len(m); n++ {
			if text, err := ours(m[:n]); err == nil {
				t.Fatalf("%q was cut to %d bytes and taken as %s", m, n, text)
			}
		}
	}
}

// ours shows a message as text.
func ours(data []byte) (string, error) {
	switch body := data[1:]; data[0] {
	case 'B':
		m, err := readBegin(body)
		return fmt.Sprint("begin ", m.commitLSN, m.time, m.xid), err
	case 'C':
		m, err := readCommit(body)
		return fmt.Sprint("commit ", m.endLSN), err
	case 'R':
		m, err := readRelation(body)
		return fmt.Sprint("relation ", m.id, m.table, m.identity, m.columns), err
	case 'T':
		m, err := readTruncation(body)
		return fmt.Sprint("truncate ", m.relations), err
	case 'I', 'U', 'D':
		var m change
		err := m.read(data[0], body)
		return fmt.Sprintf("%c %d %d %s %s", m.op, m.relation, m.oldKind, show(m.old), show(m.new)), err
	}
	return "", errMessage
}

func show(row []value) string {
	out := ""
	for _, v := range row {
		out += fmt.Sprintf("%c%q ", v.kind, v.text)
	}
	return out
}

// theirs is the same from the library's reader, which panics at some messages.
func theirs(data []byte) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if data[0] == 'T' && len(data) > 4 && int(binary.BigEndian.Uint32(data[1:])) > len(data)/4 {
		return "", false // it would make room for all that is announced
	}
	parsed, err := pglogrepl.Parse(data)
	if err != nil {
		return "", false
	}
	tuple := func(d *pglogrepl.TupleData) string {
		var out []value
		if d != nil {
			for _, c := range d.Columns {
				out = append(out, value{c.DataType, c.Data})
			}
		}
		return show(out)
	}
	switch m := parsed.(type) {
	case *pglogrepl.BeginMessage:
		micros := m.CommitTime.UnixMicro() - 946_684_800_000_000
		exact := binary.BigEndian.Uint64(data[9:]) == uint64(micros) // the library's nanoseconds overflow after 292 years
		return fmt.Sprint("begin ", uint64(m.FinalLSN), micros, m.Xid), exact
	case *pglogrepl.CommitMessage:
		return fmt.Sprint("commit ", uint64(m.TransactionEndLSN)), true
	case *pglogrepl.RelationMessage:
		var columns []column
		for _, c := range m.Columns {
			columns = append(columns, column{c.Name, c.DataType, c.Flags&1 != 0})
		}
		return fmt.Sprint("relation ", m.RelationID, table{m.Namespace, m.RelationName}, m.ReplicaIdentity, columns), m.Namespace != ""
	case *pglogrepl.TruncateMessage:
		return fmt.Sprint("truncate ", m.RelationIDs), true
	case *pglogrepl.InsertMessage:
		return fmt.Sprintf("I %d 0 %s %s", m.RelationID, show(nil), tuple(m.Tuple)), true
	case *pglogrepl.UpdateMessage:
		return fmt.Sprintf("U %d %d %s %s", m.RelationID, m.OldTupleType, tuple(m.OldTuple), tuple(m.NewTuple)), true
	case *pglogrepl.DeleteMessage:
		return fmt.Sprintf("D %d %d %s %s", m.RelationID, m.OldTupleType, tuple(m.OldTuple), show(nil)), true
	}
	return "", false
}

func TestValuesAsJSON(t *testing.T) {
	for _, c := range []struct {
		typ        uint32
		text, want string
	}{
		{typeBool, "t", "true"},
		{typeBool, "f", "false"},
		{typeInt8, "-9223372036854775808", "-9223372036854775808"},
		{typeFloat8, "1e+20", "1e+20"},
		{typeFloat8, "NaN", `"NaN"`},
		{typeFloat4, "-Infinity", `"-Infinity"`},
		{1700, "12345678901234567890.123456789", `"12345678901234567890.123456789"`},
		{1700, "NaN", `"NaN"`},
		{typeBytea, `\x00ff10`, `"AP8Q"`},
		{typeBytea, `\xzz`, `"\\xzz"`},
		{typeJSONB, `{"a": [1, 2]}`, `{"a": [1, 2]}`},
		{typeJSON, strings.Repeat("[", 126) + strings.Repeat("]", 126), `"` + strings.Repeat("[", 126) + strings.Repeat("]", 126) + `"`},
		{typeJSON, `{"a":`, `"{\"a\":"`},
		{typeTimestamptz, "2026-11-21 10:06:07.12+00", `"2026-11-21T10:06:07.12Z"`},
		{typeTimestamptz, "infinity", `"infinity"`},
		{typeTimestamptz, "0044-03-15 00:00:00+00 BC", `"0044-03-15 00:00:00+00 BC"`},
		{typeTimestamp, "2026-11-21 10:06:07", `"2026-11-21T10:06:07"`},
		{1082, "2026-11-21", `"2026-11-21"`},
		{25, "a\"b\\c\n\x01ü", `"a\"b\\c\n\u0001ü"`},
	} {
		got, valid := appendValue(nil, c.typ, []byte(c.text))
		if string(got) != c.want || !valid {
			t.Errorf("%q of type %d is %s, want %s", c.text, c.typ, got, c.want)
		}
	}
	if _, valid := appendValue(nil, 25, []byte("a\xffb")); valid {
		t.Error("text that is not UTF-8 was taken")
	}
}

// Whatever the server sends as a value, the envelope is JSON, or the row is
// refused.
func FuzzValue(f *testing.F) {
	for _, typ := range []uint32{typeBool, typeBytea, typeInt8, typeJSON, typeFloat8, typeTimestamptz, 25, 1700} {
		for _, text := range []string{"t", "1.5e-3", `\x00`, `{"a":"}"}`, "2026-11-21 10:06:07+00", "infinity", "-", `"`, "1e", "\x00\xff"} {
			f.Add(typ, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, typ uint32, text []byte) {
		got, valid := appendValue(nil, typ, text)
		if err := jsontext.Validate(string(got)); valid && err != nil {
			t.Fatalf("%q of type %d is %s: %v", text, typ, got, err)
		}
	})
}

func TestLinesOfCOPY(t *testing.T) {
	row, _ := splitCopy(nil, nil, []byte(`712	7	a\tb\\\n	\N		\x`))
	want := []value{{'t', []byte("712")}, {'t', []byte("7")}, {'t', []byte("a\tb\\\n")}, {kind: 'n'}, {'t', []byte("")}, {'t', []byte("x")}}
	if fmt.Sprintf("%q", row) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q, want %q", row, want)
	}
}

func TestWhatASnapshotSaw(t *testing.T) {
	const epoch = 1 << 32
	for _, c := range []struct {
		snapshot string
		xid      uint32
		want     bool
	}{
		{"100:105:100,102", 99, true},
		{"100:105:100,102", 100, false},
		{"100:105:100,102", 101, true},
		{"100:105:100,102", 102, false},
		{"100:105:100,102", 104, true},
		{"100:105:100,102", 105, false},
		{"100:100:", 99, true},
		{"100:100:", 100, false},
		// Numbers begin anew every 2^32 transactions.
		{fmt.Sprintf("%d:%d:", epoch+3, epoch+5), 4, true},
		{fmt.Sprintf("%d:%d:", epoch+3, epoch+5), 1<<32 - 1, true},
		{fmt.Sprintf("%d:%d:", epoch-3, epoch-1), 4, false},
		{fmt.Sprintf("%d:%d:%d", epoch-3, epoch+9, epoch+4), 4, false},
	} {
		s, err := parseSeen(c.snapshot)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.has(c.xid); got != c.want {
			t.Errorf("snapshot %s saw transaction %d: %t", c.snapshot, c.xid, got)
		}
	}
	for _, bad := range []string{"", "1:2", "a:2:", "1:b:", "1:2:c"} {
		if _, err := parseSeen(bad); err == nil {
			t.Errorf("%q was taken as a snapshot", bad)
		}
	}
}
