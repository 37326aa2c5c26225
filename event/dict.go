package event

import "strings"

// Dict is a dictionary-coded string column. Code 0 is always the empty string,
// so that a fresh row is empty. Work on a low-cardinality column is done once
// per distinct value, over Values, not once per row.
//
// The values of a dictionary outlive the payloads they were read from: a new
// value is copied.
type Dict struct {
	Codes  []uint32 // one per row
	Values []string // Values[0] == ""

	index map[string]uint32
	last  uint32 // code that was asked for last: runs are common
}

// Set gives row i the value s.
func (d *Dict) Set(i int, s string) { d.Codes[i] = d.Code(s) }

// Get returns the value of row i.
func (d *Dict) Get(i int) string {
	if len(d.Values) == 0 {
		return ""
	}
	return d.Values[d.Codes[i]]
}

// Code returns the code of s, adding it if it is new.
func (d *Dict) Code(s string) uint32 {
	if len(d.Values) == 0 {
		d.Values = append(d.Values, "")
	}
	if d.Values[d.last] == s {
		return d.last
	}
	if s == "" {
		return 0
	}
	if c, ok := d.index[s]; ok {
		d.last = c
		return c
	}
	if d.index == nil {
		d.index = make(map[string]uint32)
	}
	s = strings.Clone(s)
	c := uint32(len(d.Values))
	d.Values = append(d.Values, s)
	d.index[s] = c
	d.last = c
	return c
}

// maxKeptValues bounds the memory that an unusually varied batch leaves behind
// in a pooled dictionary.
const maxKeptValues = 4096

// Reset empties the rows. Values are kept for the next batch, unless there are
// unusually many.
func (d *Dict) Reset() {
	d.Codes = d.Codes[:0]
	if len(d.Values) > maxKeptValues {
		d.Values, d.index, d.last = nil, nil, 0
	}
}

// Replace gives every row whose value is Values[code] the value s. It is how a
// rule or an enrichment that is a function of the value alone runs once per
// distinct value. remap must have one entry per value; codes not in the
// dictionary are a bug of the caller.
func (d *Dict) Replace(rows []int32, remap []uint32) {
	for _, i := range rows {
		d.Codes[i] = remap[d.Codes[i]]
	}
}
