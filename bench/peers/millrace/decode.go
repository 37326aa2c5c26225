package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/adapter/jsontext"
)

// kind is a type of event of the input.
type kind uint8

const (
	person kind = 1 << iota
	auction
	bid
	end // of a partition
)

func kindOf(name string) kind {
	switch name {
	case "bid":
		return bid
	case "auction":
		return auction
	case "person":
		return person
	case "end":
		return end
	}
	return 0
}

// fields are what queries want of an event. Texts are parts of the record.
type fields struct {
	kind     kind
	id       int64
	auction  int64
	bidder   int64
	seller   int64
	price    int64
	category int64
	time     int64 // ms
	expires  int64
	name     string
	city     string
	state    string
	ad       string
}

// decoder reads events. One serves one partition.
type decoder struct {
	cursor jsontext.Cursor
	fields
	err error
}

// nexmark reads an event when it is of a wanted type.
func (d *decoder) nexmark(text string, wanted kind) (found bool, err error) {
	c := &d.cursor
	c.Reset(text)
	c.Object()
	if !c.More() || c.Key().Raw != "type" {
		return false, d.fail("an event does not begin with its type")
	}
	name := c.Value().Raw
	if d.kind = kindOf(name); d.kind == 0 {
		return false, d.fail(fmt.Sprintf("unknown type %q", name))
	}
	if d.kind&(wanted|end) == 0 {
		return false, nil
	}
	for c.More() {
		d.member(c.Key().Raw, c.Value())
	}
	return true, d.finish()
}

func (d *decoder) member(name string, v jsontext.Value) {
	switch name {
	case "id":
		d.id = d.number(v)
	case "auction":
		d.auction = d.number(v)
	case "bidder":
		d.bidder = d.number(v)
	case "seller":
		d.seller = d.number(v)
	case "price":
		d.price = d.number(v)
	case "category":
		d.category = d.number(v)
	case "expires":
		d.expires = d.number(v)
	case "time":
		d.time = d.number(v)
	case "name":
		d.name = v.Raw
	case "city":
		d.city = v.Raw
	case "state":
		d.state = v.Raw
	}
}

// ysb reads a view of an ad. Of other events it reads no more than their type.
func (d *decoder) ysb(text string) (found bool, err error) {
	c := &d.cursor
	d.kind = 0
	c.Reset(text)
	for c.Object(); c.More(); {
		switch c.Key().Raw {
		case "ad_id":
			d.ad = c.Value().Raw
		case "event_type":
			if c.Value().Raw != "view" {
				return false, d.finish()
			}
		case "event_time", "time":
			d.time = d.number(c.Value())
		case "type": // of the marker that ends a partition
			d.kind = kindOf(c.Value().Raw)
		default:
			c.Value()
		}
	}
	return true, d.finish()
}

func (d *decoder) number(v jsontext.Value) int64 {
	n, err := strconv.ParseInt(v.Raw, 10, 64)
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%q is no whole number", v.Raw)
	}
	return n
}

// finish returns what was wrong with the event.
func (d *decoder) finish() error {
	if err := d.cursor.Err(); err != nil {
		return err
	}
	err := d.err
	d.err = nil
	return err
}

func (d *decoder) fail(text string) error {
	if err := d.cursor.Err(); err != nil {
		return err
	}
	return errors.New(text)
}
