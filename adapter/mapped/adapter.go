package mapped

import (
	"regexp"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Adapter reads the documents of one mapping. It is immutable.
type Adapter struct {
	name    string
	version string
	text    string
	zone    *time.Location

	xml        bool
	record     string            // local name of the elements that are documents in a file, or empty
	around     []string          // names of the elements around them
	namespaces map[string]string // prefix of paths by namespace

	inDocument, inEnvelope tree
	entries                []*entry // the last one has no conditions
	route                  []routePart
	digits                 digits
	properties             []property
	keepsDocument          bool // as properties
}

// entry is what holds for the documents of its conditions.
type entry struct {
	when   []condition
	fields [fieldCount]*reading // nil: nowhere
	items  []*items

	identity [][]ref
}

// items is where the items of an entry stand.
type items struct {
	each     *node // nil: the document is the item
	eachPath string
	tree     tree // of an item, with each

	productID, name, category, quantity, price *reading
	kind                                       string // where no rule fits
	rules                                      []kindRule
	skipZero                                   bool
}

type kindRule struct {
	test condition
	kind string
}

// ref is one place that a value may stand at.
type ref struct {
	from root
	node *node
	path string // of a literal: its text
}

// reading is how one field is read.
type reading struct {
	refs  []ref // the first that has a value counts
	field string
	otherwise,
	prefix, suffix string
	required, space, trims bool
	values                 map[string]string
	letters                letters
	formats                []civil.Format
	want                   string // of a timestamp, for problems
	minor, negate          bool
}

// letters is how a text is rewritten.
type letters uint8

const (
	asIs letters = iota
	lower
	upper
	snake
)

// condition holds by the text at a place.
type condition struct {
	ref     ref
	in      map[string]struct{}
	prefix  string
	pattern *regexp.Regexp
	present bool
}

// routePart is the text of one field between two literals.
type routePart struct {
	before, after string
	field         field
}

// property is a member of the properties.
type property struct {
	key string // as JSON with its colon
	ref ref
}

// digits tells how many digits of minor units are behind the point.
type digits struct {
	usual      int
	currencies map[string]int
}

// perUnit returns how many minor units make one unit of a currency.
func (d *digits) perUnit(currency string) event.Micros {
	n, ok := d.currencies[currency]
	if !ok {
		n = d.usual
	}
	unit := event.Micros(1)
	for range n {
		unit *= 10
	}
	return unit
}

var (
	_ adapter.Adapter = (*Adapter)(nil)
	_ Format          = jsonAdapter{}
	_ Format          = xmlAdapter{}
	_ adapter.Decoder = (*Decoder)(nil)
)

// Name returns the mapping's name.
func (a *Adapter) Name() string { return a.name }

// Version returns the mapping's version and a digest of all that it says.
func (a *Adapter) Version() string { return a.version }

// Mapping returns the text that the adapter was made of.
func (a *Adapter) Mapping() string { return a.text }

// Format is an adapter of documents, which lie in files, too.
type Format interface {
	adapter.Adapter
	adapter.FileFormat
}

// jsonAdapter is an [Adapter] of JSON: in files one document stands in a line.
type jsonAdapter struct {
	*Adapter
	jsonevent.Lines
}

// NewDecoder returns a decoder for one goroutine.
func (a *Adapter) NewDecoder(hook adapter.Telemetry) adapter.Decoder {
	d := &Decoder{a: a, in: jsonevent.NewReader(a.name, hook), zone: civil.NewZone(a.zone)}
	d.in.Rules = jsonevent.RulesOf("mapped")
	d.xml.namespaces, d.xml.record = a.namespaces, a.record
	d.document = make([]jsontext.Value, a.inDocument.slots)
	d.envelope = make([]jsontext.Value, a.inEnvelope.slots)
	slots := 0
	for _, e := range a.entries {
		for _, it := range e.items {
			slots = max(slots, it.tree.slots)
		}
	}
	d.item = make([]jsontext.Value, slots)
	return d
}

// RecordsAreJSON implements [adapter.JSONRecords].
func (a *Adapter) RecordsAreJSON() bool { return !a.xml }
