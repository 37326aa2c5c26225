package edi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Envelope is what a message needs of what stands around it. It travels as JSON
// with sorted keys in the record's envelope.
type Envelope struct {
	// At is where the record begins in the file; From and GroupAt are where its
	// interchange and its group do.
	At int64 `json:"at"`

	Charset           string            `json:"charset,omitempty"` // UNOA … UNOY
	Control           string            `json:"control,omitempty"` // ISA13, UNB 0020
	Date              string            `json:"date,omitempty"`
	From              int64             `json:"from"`
	Group             string            `json:"group,omitempty"` // GS06, UNG 0048
	GroupAt           int64             `json:"group_at,omitempty"`
	GroupDate         string            `json:"group_date,omitempty"`
	GroupID           string            `json:"group_id,omitempty"` // GS01, UNG 0038
	GroupReceiver     string            `json:"group_receiver,omitempty"`
	GroupSender       string            `json:"group_sender,omitempty"`
	GroupTime         string            `json:"group_time,omitempty"`
	Problems          []EnvelopeProblem `json:"problems,omitempty"`
	Receiver          string            `json:"receiver,omitempty"`
	ReceiverQualifier string            `json:"receiver_qualifier,omitempty"`
	Sender            string            `json:"sender,omitempty"`
	SenderQualifier   string            `json:"sender_qualifier,omitempty"`
	Separators        string            `json:"separators"`
	Standard          string            `json:"standard"`
	Syntax            string            `json:"syntax,omitempty"` // ISA12, UNB 0002
	Test              bool              `json:"test,omitempty"`
	Time              string            `json:"time,omitempty"`
	Version           string            `json:"version,omitempty"` // GS08
}

// EnvelopeProblem is what is wrong with an envelope, and so with all messages in
// it.
type EnvelopeProblem struct {
	Code string `json:"code"` // of TA1 or AK9, of data element 0085 in EDIFACT
	Text string `json:"text"`
	// Group says that only the group is concerned.
	Group bool `json:"group,omitempty"`
}

// place names the envelope in what users read.
func (e *Envelope) place() string {
	var parts []string
	if e.Group != "" {
		parts = append(parts, "group "+e.Group)
	}
	if e.Control != "" {
		parts = append(parts, "interchange "+e.Control)
	}
	if e.Sender != "" {
		parts = append(parts, "of "+e.Sender)
	}
	return strings.Join(parts, ", ")
}

// shared is the JSON of what all records of a group have in common: all but At.
func (e *Envelope) shared() string {
	text, err := json.Marshal(e)
	if err != nil {
		panic("BUG: an envelope is always JSON: " + err.Error())
	}
	_, rest, _ := strings.Cut(string(text), ",")
	return rest
}

const atKey = `{"at":`

// withAt puts the place of a record before what it shares.
func withAt(at int64, shared string) string {
	b := make([]byte, 0, len(atKey)+20+len(shared))
	b = append(b, atKey...)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, ',')
	return string(append(b, shared...))
}

var errEnvelope = errors.New("the record's envelope is none of an EDI message")

// envelopes reads the envelopes of records, which mostly are that of the record
// before but for the place.
type envelopes struct {
	shared string
	Envelope
	syntax *Syntax
	err    error
}

// read makes text the current envelope.
func (v *envelopes) read(text string, standard Standard) error {
	rest, found := strings.CutPrefix(text, atKey)
	place, rest, cut := strings.Cut(rest, ",")
	at, err := strconv.ParseInt(place, 10, 64)
	if !found || !cut || err != nil {
		v.shared = ""
		return errEnvelope
	}
	if v.shared != rest || v.syntax == nil && v.err == nil {
		v.shared, v.syntax = strings.Clone(rest), nil
		v.Envelope = Envelope{}
		v.err = v.parse(text, standard)
	}
	v.At = at
	return v.err
}

func (v *envelopes) parse(text string, standard Standard) error {
	if err := json.Unmarshal([]byte(text), &v.Envelope); err != nil {
		return fmt.Errorf("%w: %w", errEnvelope, err)
	}
	syntax, ok := SyntaxOf(standard, v.Separators, v.Charset)
	if !ok || v.Standard != standard.String() {
		return errEnvelope
	}
	v.syntax = syntax
	return nil
}
