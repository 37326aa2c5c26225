// Package journal is an adapter of a bakery's own: it reads what its tills write, a
// line for each receipt.
//
//	S|ALT-1/0101|2025-03-10T07:02:11+01:00|rye*1@3.40;roll*4@0.45|K7781
//	V|ALT-1/0103|2025-03-10T07:08:15+01:00|ALT-1/0102|
//	N|ALT-1/0106|2025-03-10T07:11:20+01:00||
//
// The fields are what happened (S a sale, V a receipt voided, N the drawer opened
// without a sale), the till with the number of the receipt, the time, the articles sold
// or the receipt voided, and the customer's card, if there was one.
//
// A sale is an order_completed, the word that the platform's own jobs and tables know
// an order by. The number of the receipt is the identity of a line: a journal that is sent
// again counts once, and a number that comes with another content is noticed.
package journal

import (
	"bytes"

	"github.com/millrace/millrace/adapter"
)

// Name is the name that sources are configured with.
const Name = "journal"

// The types of events that lines become.
const (
	Sale   = "order_completed"
	Void   = "receipt_voided"
	Opened = "drawer_opened"
)

// version changes whenever the same line may decode differently.
const version = "1"

// Adapter reads journals.
type Adapter struct{}

var (
	_ adapter.Adapter    = Adapter{}
	_ adapter.FileFormat = Adapter{}
)

// New returns the adapter.
func New() Adapter { return Adapter{} }

// Name implements [adapter.Adapter].
func (Adapter) Name() string { return Name }

// Version implements [adapter.Adapter].
func (Adapter) Version() string { return version }

// NewDecoder implements [adapter.Adapter].
func (Adapter) NewDecoder(hook adapter.Telemetry) adapter.Decoder { return &decoder{hook: hook} }

// Next implements [adapter.FileFormat]: a record is a line.
func (Adapter) Next(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	end := bytes.IndexByte(data, '\n')
	advance, lines = end+1, 1
	if end < 0 {
		if !atEOF || len(data) == 0 {
			return 0, nil, 0
		}
		end, advance, lines = len(data), len(data), 0
	}
	record = bytes.TrimSuffix(data[:end:end], []byte{'\r'})
	if len(record) == 0 {
		record = nil
	}
	return advance, record, lines
}

// Header implements [adapter.FileFormat]: journals have none.
func (Adapter) Header([]byte) (envelope string, skip bool, err error) { return "", false, nil }
