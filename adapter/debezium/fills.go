package debezium

import "github.com/millrace/millrace/adapter"

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared].
func (*Adapter) Fills() []adapter.Fill {
	return []adapter.Fill{
		{Field: "type", From: []string{"source.table", "op", "status"}, Derived: true},
		{Field: "event_time", From: []string{"source.ts_us", "source.ts_ns", "source.ts_ms", "ts_us", "ts_ns", "ts_ms", "$received"}, Derived: true},
		{Field: "properties", From: []string{"after", "before", "message", "id", "status"}, Derived: true},
		{Field: "context", From: []string{"op", "source", "transaction", "before"}, Derived: true},
	}
}
