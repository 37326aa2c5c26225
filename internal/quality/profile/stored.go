package profile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/axiomhq/hyperloglog"
)

// storedTable is a table in the record store: JSON with the sketches in their own binary
// forms, compressed.
type storedTable struct {
	Source     string                   `json:"source"`
	Type       string                   `json:"type"`
	Rows       int64                    `json:"rows"`
	Sampled    int64                    `json:"sampled"`
	Left       int64                    `json:"left,omitempty"`
	Columns    map[string]*storedColumn `json:"columns"`
	Properties map[string]*storedColumn `json:"properties,omitempty"`
}

type storedColumn struct {
	Kind     kind       `json:"kind"`
	Values   int64      `json:"values"`
	Missing  int64      `json:"missing,omitempty"`
	Other    int64      `json:"other,omitempty"`
	Distinct []byte     `json:"distinct,omitempty"`
	Spread   []byte     `json:"spread,omitempty"`
	Low      uint64     `json:"low"` // the bits: infinite until there is a number
	High     uint64     `json:"high"`
	First    []byte     `json:"first,omitempty"`
	Last     []byte     `json:"last,omitempty"`
	Top      storedTops `json:"top"`
	Shapes   storedTops `json:"shapes"`
	Forms    form       `json:"forms,omitempty"`
	Unique   bool       `json:"unique,omitempty"`
	Hostile  bool       `json:"hostile,omitempty"`
}

type storedTops struct {
	Full  bool         `json:"full,omitempty"`
	Slots []storedSlot `json:"slots,omitempty"`
}

type storedSlot struct {
	Hash  uint64 `json:"hash"`
	Value []byte `json:"value"`
	Count int64  `json:"count"`
	Error int64  `json:"error,omitempty"`
}

// maxStored bounds what a stored table may have decompressed.
const maxStored = 64 << 20

func (t *table) encode() ([]byte, error) {
	out := storedTable{
		Source: t.pair.source, Type: t.pair.typ, Rows: t.rows, Sampled: t.sampled, Left: t.left,
		Columns: make(map[string]*storedColumn), Properties: make(map[string]*storedColumn),
	}
	var err error
	for i, c := range t.fixed {
		if out.Columns[names[i]], err = c.encode(); err != nil {
			return nil, err
		}
	}
	for key, c := range t.properties {
		if out.Properties[key], err = c.encode(); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if err := json.NewEncoder(z).Encode(&out); err != nil {
		return nil, err
	}
	err = z.Close()
	return buf.Bytes(), err
}

func (c *column) encode() (*storedColumn, error) {
	spread, err := c.spread.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	var distinct []byte
	if c.distinct != nil {
		if distinct, err = c.distinct.MarshalBinary(); err != nil {
			return nil, err
		}
	}
	return &storedColumn{
		Kind: c.kind, Values: c.values, Missing: c.missing, Other: c.other, Distinct: distinct, Spread: spread,
		Low: math.Float64bits(c.low), High: math.Float64bits(c.high), First: c.first, Last: c.last,
		Top: c.top.encode(), Shapes: c.shapes.encode(), Forms: c.forms, Unique: c.unique, Hostile: c.hostile,
	}, nil
}

func (c *counter) encode() storedTops {
	out := storedTops{Full: c.full}
	for i, s := range c.slots {
		out.Slots = append(out.Slots, storedSlot{Hash: c.hashes[i], Value: s.value, Count: s.count, Error: s.error})
	}
	return out
}

// decodeTable reads a table into a set.
func (s *set) decode(data []byte) (*table, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("cannot read a profile: %w", err)
	}
	var in storedTable
	if err := json.NewDecoder(io.LimitReader(z, maxStored)).Decode(&in); err != nil {
		return nil, fmt.Errorf("cannot read a profile: %w", err)
	}
	t := s.table(pair{in.Source, in.Type})
	if t == nil {
		return nil, fmt.Errorf("cannot read the profile of %q, %q: there are more tables or longer names than profiles take", in.Source, in.Type)
	}
	t.rows, t.sampled, t.left = in.Rows, in.Sampled, in.Left
	for i := range t.fixed {
		if stored := in.Columns[names[i]]; stored != nil {
			if err := t.fixed[i].decode(stored); err != nil {
				return nil, err
			}
		}
	}
	for key, stored := range in.Properties {
		c := s.property(t, key)
		if c == nil {
			continue
		}
		if err := c.decode(stored); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (c *column) decode(in *storedColumn) error {
	if int(in.Kind) >= len(kindNames) {
		return fmt.Errorf("cannot read a profile: there is no kind %d of columns", in.Kind)
	}
	c.kind, c.values, c.missing, c.other = in.Kind, in.Values, in.Missing, in.Other
	c.low, c.high, c.first, c.last = math.Float64frombits(in.Low), math.Float64frombits(in.High), in.First, in.Last
	c.forms, c.unique, c.hostile = in.Forms, in.Unique, in.Hostile
	c.top.decode(&in.Top)
	c.shapes.decode(&in.Shapes)
	if in.Distinct != nil {
		c.distinct = new(hyperloglog.Sketch)
		if err := c.distinct.UnmarshalBinary(in.Distinct); err != nil {
			return fmt.Errorf("cannot read a profile: %w", err)
		}
	}
	return c.spread.UnmarshalBinary(in.Spread)
}

func (c *counter) decode(in *storedTops) {
	c.full = in.Full
	for _, s := range in.Slots {
		c.add(s.Hash, s.Value, s.Count, s.Error)
	}
}
