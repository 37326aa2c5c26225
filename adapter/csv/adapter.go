package csv

import (
	"regexp"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/arena"
	"github.com/millrace/millrace/adapter/internal/civil"
)

// Adapter reads the rows of one kind of file. It is immutable.
type Adapter struct {
	file    string // the mapping's, for errors
	name    string
	version string
	text    string

	encoding  encoding
	delimiter byte
	auto      bool // the delimiter is that of the file, which envelopes begin with
	quote     byte // 0 is "none"
	header    bool
	multiline bool
	decimal   byte
	thousands byte // 0 is "none"
	zone      *time.Location

	columns       []column
	byField       [fieldProperty + 1]int16 // column of a field, from 1; 0 is "none"
	hasItem       bool
	hasProperties bool
	constants     []constant
	kind          string // where no rule fits
	kindRules     []kindRule
	route         []routePart
	identity      []int // columns
}

// column is a [Column], checked and ready for use.
type column struct {
	name      string
	field     field
	typ       valueType
	label     string // what problems call it
	want      string // what problems say is expected
	key       string // of a property, as JSON with its colon
	required  bool
	trim      bool // any of the three below
	trimSpace bool
	prefix    string
	suffix    string
	formats   []civil.Format
}

type constant struct {
	field field
	value string
}

// kindRule fits by exactly one of its three conditions.
type kindRule struct {
	column  int
	prefix  string
	in      *set
	pattern *regexp.Regexp
	kind    string
}

// routePart is the text of one column between two literals.
type routePart struct {
	before string
	column int
	after  string
}

var (
	_ adapter.Adapter    = (*Adapter)(nil)
	_ adapter.FileFormat = (*Adapter)(nil)
	_ adapter.Decoder    = (*Decoder)(nil)
)

// Name returns the mapping's name.
func (a *Adapter) Name() string { return a.name }

// Mapping returns the text that the adapter was made of.
func (a *Adapter) Mapping() string { return a.text }

// Version returns the mapping's version and a digest of all that it says.
func (a *Adapter) Version() string { return a.version }

// NewDecoder returns a decoder for one goroutine.
func (a *Adapter) NewDecoder(hook adapter.Telemetry) adapter.Decoder {
	return &Decoder{
		a: a, hook: hook, delimiter: a.delimiter, zone: civil.NewZone(a.zone), memory: &arena.Arena{},
		raw: make([]string, len(a.columns)), values: make([]string, len(a.columns)),
	}
}

func (a *Adapter) columnNames() []string {
	names := make([]string, len(a.columns))
	for i := range a.columns {
		names[i] = a.columns[i].name
	}
	return names
}

// set is a set of strings that rejects most strangers by their length and first
// byte: it is asked for every row.
type set struct {
	starts  [256]uint64 // bit n: a member of n bytes (63 and more are one) starts so
	members map[string]struct{}
}

func newSet(members []string) *set {
	s := &set{members: make(map[string]struct{}, len(members))}
	for _, m := range members {
		s.members[m] = struct{}{}
		s.starts[first(m)] |= 1 << min(len(m), 63)
	}
	return s
}

func (s *set) has(v string) bool {
	if s.starts[first(v)]&(1<<min(len(v), 63)) == 0 {
		return false
	}
	_, ok := s.members[v]
	return ok
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}
