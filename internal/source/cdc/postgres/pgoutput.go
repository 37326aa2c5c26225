package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// What pgoutput sends, protocol version 1 (PostgreSQL documentation, "Logical
// Replication Message Formats"): transactions one after the other in the order of
// their commits, each with its changes.

// errMessage says that a message is not what the protocol has.
var errMessage = errors.New("cannot read a message of logical replication")

// beginning of a transaction.
type beginning struct {
	commitLSN uint64 // of the commit's record
	time      int64  // µs since 2000
	xid       uint32
}

// ending of a transaction.
type ending struct {
	endLSN uint64 // behind the commit's record
}

// relation describes a table, as of the changes that follow.
type relation struct {
	id       uint32
	table    table
	identity byte // d, n, f or i, as pg_class.relreplident
	columns  []column
}

type column struct {
	name string
	typ  uint32
	key  bool // part of the replica identity
}

// The kinds of values in a tuple.
const (
	nullValue      = 'n'
	unchangedValue = 'u' // stored out of line, and not sent
	textValue      = 't'
)

// value is a column's value as text. It is the message's memory.
type value struct {
	kind byte
	text []byte
}

// change is an insert ('I'), update ('U') or delete ('D').
type change struct {
	op       byte
	relation uint32
	oldKind  byte // 'K': old has the replica identity; 'O': the row; 0: nothing
	old, new []value
}

// truncation names the tables that were emptied by one statement.
type truncation struct{ relations []uint32 }

// reader reads a message. After a short read everything is zero.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.short = nil, true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) uint8() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() int {
	if b := r.bytes(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) string() string {
	end := bytes.IndexByte(r.b, 0)
	if end < 0 {
		r.b, r.short = nil, true
		return ""
	}
	out := string(r.b[:end])
	r.b = r.b[end+1:]
	return out
}

func (r *reader) err(kind byte) error {
	if r.short {
		return fmt.Errorf("%w: one of kind %q is too short", errMessage, kind)
	}
	return nil
}

func readBegin(b []byte) (beginning, error) {
	r := reader{b: b}
	m := beginning{commitLSN: r.uint64(), time: int64(r.uint64()), xid: r.uint32()}
	return m, r.err('B')
}

func readCommit(b []byte) (ending, error) {
	r := reader{b: b}
	r.bytes(1 + 8) // flags, LSN of the commit
	m := ending{endLSN: r.uint64()}
	r.bytes(8) // time
	return m, r.err('C')
}

func readRelation(b []byte) (*relation, error) {
	r := reader{b: b}
	m := &relation{id: r.uint32(), table: table{r.string(), r.string()}, identity: r.uint8()}
	if m.table.Schema == "" {
		m.table.Schema = "pg_catalog"
	}
	for range r.uint16() {
		key := r.uint8()&1 != 0
		c := column{key: key, name: r.string(), typ: r.uint32()}
		r.bytes(4) // type modifier
		if r.short {
			break
		}
		m.columns = append(m.columns, c)
	}
	return m, r.err('R')
}

func readTruncation(b []byte) (m truncation, err error) {
	r := reader{b: b}
	n := r.uint32()
	r.uint8() // CASCADE, RESTART IDENTITY
	for range n {
		id := r.uint32()
		if r.short {
			break
		}
		m.relations = append(m.relations, id)
	}
	return m, r.err('T')
}

// read reads a change of a kind, over the memory of an earlier one.
func (m *change) read(kind byte, b []byte) error {
	r := reader{b: b}
	m.op, m.relation, m.oldKind = kind, r.uint32(), 0
	m.old, m.new = m.old[:0], m.new[:0]
	var err error
	tag := r.uint8()
	if tag == 'K' || tag == 'O' {
		m.oldKind = tag
		if m.old, err = r.tuple(m.old); err != nil {
			return err
		}
		if kind == 'D' {
			return r.err(kind)
		}
		tag = r.uint8()
	}
	if tag != 'N' || kind == 'D' {
		return fmt.Errorf("%w: a change of kind %q has a row of kind %q", errMessage, kind, tag)
	}
	if m.new, err = r.tuple(m.new); err != nil {
		return err
	}
	return r.err(kind)
}

func (r *reader) tuple(dst []value) ([]value, error) {
	for range r.uint16() {
		v := value{kind: r.uint8()}
		switch v.kind {
		case nullValue, unchangedValue:
		case textValue:
			v.text = r.bytes(int(int32(r.uint32())))
		default:
			if r.short {
				return dst, r.err('N')
			}
			return dst, fmt.Errorf("%w: a value of kind %q", errMessage, v.kind)
		}
		if r.short {
			return dst, r.err('N')
		}
		dst = append(dst, v)
	}
	return dst, nil
}
