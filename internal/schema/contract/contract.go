package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync/atomic"
)

// Contract is what events of a type must look like. Apart from its counters it is
// immutable.
type Contract struct {
	Event       string
	Title       string
	Description string
	Owner       string
	Version     int
	File        string // where it was declared
	BuiltIn     bool
	Fields      []Field

	schema  any
	columns []column
	checked atomic.Int64
	broken  atomic.Int64
}

// Field is something that a contract says about an event, for people.
type Field struct {
	Path        string `json:"path"` // properties.products[].price
	Type        string `json:"type"` // as the schema has it; empty for any
	Required    bool   `json:"required"`
	PII         string `json:"pii,omitempty"`
	Description string `json:"description,omitempty"`
}

// Checked returns how many events were compared with the contract, and how many broke it.
func (c *Contract) Checked() (checked, broken int64) { return c.checked.Load(), c.broken.Load() }

// JSONSchema returns the contract as a JSON schema of the event in the native format.
func (c *Contract) JSONSchema() json.RawMessage {
	text, err := json.Marshal(c.schema)
	if err != nil {
		panic("BUG: a schema that was read cannot be written: " + err.Error())
	}
	return text
}

// Set is the contracts of a platform, one per type of event. It is safe for concurrent
// use.
type Set struct {
	contracts []*Contract // by the name of the event
	byEvent   map[string]*Contract
	version   string
	drift     Drift
}

// All returns the contracts in the order of their events' names.
func (s *Set) All() []*Contract { return s.contracts }

// Of returns the contract of a type of event; nil when there is none.
func (s *Set) Of(event string) *Contract { return s.byEvent[event] }

// Version changes with what the contracts ask for.
func (s *Set) Version() string { return s.version }

// Drift returns what deviates from the contracts.
func (s *Set) Drift() *Drift { return &s.drift }

func versionOf(contracts []*Contract) string {
	h := sha256.New()
	for _, c := range contracts {
		h.Write([]byte(c.Event + "\n"))
		h.Write(c.JSONSchema())
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}
