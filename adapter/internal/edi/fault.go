package edi

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/event"
)

// Fault is something wrong with a message, and where.
type Fault struct {
	Code      Code
	Segment   int // in the message, from 1
	Tag       string
	Element   int // 0: the segment as a whole
	Component int // 0: the element as a whole
	Offset    int // in the message
	Value     string
	Text      string
}

// Code is a kind of fault.
type Code uint8

// The kinds of faults.
const (
	SegmentMissing Code = iota
	SegmentUnexpected
	SegmentOutOfSequence
	SegmentRepeated
	LoopRepeated
	ElementMissing
	ElementsTooMany
	ValueTooShort
	ValueTooLong
	CharacterInvalid
	CodeInvalid
	DateInvalid
	TimeInvalid
	NumberInvalid
	TrailerMissing
	TrailerReference
	TrailerCount
	TypeUnsupported
	TypeOfGroup
	CountWrong
	TooLarge
)

// A code's names in the acknowledgements, and in the problems of events. For
// X12: data elements 720 (AK3), 723 (AK4), 718 (AK5); for EDIFACT 0085.
var codes = [...]struct {
	segment, element, message string
	edifact                   string
	rule                      string
	category                  event.Category
}{
	SegmentMissing:       {segment: "3", edifact: "13", rule: "segment", category: event.Missing},
	SegmentUnexpected:    {segment: "2", edifact: "15", rule: "segment", category: event.Schema},
	SegmentOutOfSequence: {segment: "7", edifact: "15", rule: "segment", category: event.Schema},
	SegmentRepeated:      {segment: "5", edifact: "35", rule: "segment", category: event.Schema},
	LoopRepeated:         {segment: "4", edifact: "36", rule: "segment", category: event.Schema},
	ElementMissing:       {element: "1", edifact: "13", rule: "element", category: event.Missing},
	ElementsTooMany:      {element: "3", edifact: "16", rule: "element", category: event.Schema},
	ValueTooShort:        {element: "4", edifact: "40", rule: "length", category: event.OutOfRange},
	ValueTooLong:         {element: "5", edifact: "39", rule: "length", category: event.OutOfRange},
	CharacterInvalid:     {element: "6", edifact: "21", rule: "character", category: event.Undecodable},
	CodeInvalid:          {element: "7", edifact: "12", rule: "code", category: event.Format},
	DateInvalid:          {element: "8", edifact: "12", rule: "date", category: event.Format},
	TimeInvalid:          {element: "9", edifact: "12", rule: "date", category: event.Format},
	NumberInvalid:        {element: "6", edifact: "37", rule: "number", category: event.Format},
	TrailerMissing:       {message: "2", edifact: "13", rule: "trailer", category: event.Schema},
	TrailerReference:     {message: "3", edifact: "28", rule: "trailer", category: event.Schema},
	TrailerCount:         {message: "4", edifact: "29", rule: "trailer", category: event.Schema},
	TypeUnsupported:      {message: "1", edifact: "14", rule: "message", category: event.Schema},
	TypeOfGroup:          {message: "6", edifact: "12", rule: "message", category: event.Schema},
	CountWrong:           {element: "7", edifact: "29", rule: "count", category: event.Business},
	TooLarge:             {message: "5", edifact: "18", rule: "message", category: event.TooLarge},
}

// place says where a fault is, for people.
func (f *Fault) place() string {
	var b strings.Builder
	fmt.Fprintf(&b, "segment %d (%s)", f.Segment, f.Tag)
	if f.Element > 0 {
		fmt.Fprintf(&b, ", element %02d", f.Element)
	}
	if f.Component > 0 {
		fmt.Fprintf(&b, ", component %d", f.Component)
	}
	return b.String()
}

// field is how the element is called in the standard: PO102, C507 has no such
// name in EDIFACT, so DTM01-2.
func (f *Fault) field() string {
	switch {
	case f.Element == 0:
		return "payload"
	case f.Component == 0:
		return fmt.Sprintf("%s%02d", f.Tag, f.Element)
	}
	return fmt.Sprintf("%s%02d-%d", f.Tag, f.Element, f.Component)
}
