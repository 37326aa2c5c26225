package alert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"
)

// Severity says how bad something is.
type Severity string

// The severities, the least first.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Error    Severity = "error"
	Critical Severity = "critical"
)

// Severities lists them, the least first.
func Severities() []Severity { return []Severity{Info, Warning, Error, Critical} }

// AtLeast reports whether s is as bad as least, or worse.
func (s Severity) AtLeast(least Severity) bool {
	return slices.Index(Severities(), s) >= slices.Index(Severities(), least)
}

// Signal is what a package says about something that it watches. It is raised again
// whenever it changes, and after a start: what is said twice counts once.
type Signal struct {
	Name     string // of what is watched, such as "check" or "ledger.balance"; rules match it
	Key      string // which one of them; stable
	Severity Severity
	Title    string // one line
	Text     string // some lines; empty: the title says all
	Link     string // path in the console, such as /quarantine?source=web
	Firing   bool   // false: it has resolved
}

// State is where an incident is in its life.
type State string

// The states of an incident.
const (
	StateOpen         State = "open"
	StateAcknowledged State = "acknowledged"
	StateClosed       State = "closed"
)

// Kind is what a message tells.
type Kind string

// The kinds of messages.
const (
	KindOpen        Kind = "open"
	KindUpdate      Kind = "update"
	KindAcknowledge Kind = "acknowledge"
	KindClose       Kind = "close"
	KindTest        Kind = "test"
	KindReport      Kind = "report" // the rows of a query, of no incident
)

// Incident is something that fires, from the first time until it is over.
type Incident struct {
	ID       string    `json:"id"` // names this opening of the key
	Rule     string    `json:"rule"`
	Key      string    `json:"key"` // with Rule: what it is about
	Severity Severity  `json:"severity"`
	Title    string    `json:"title"`
	Text     string    `json:"text,omitempty"`
	Link     string    `json:"link,omitempty"`
	State    State     `json:"state"`
	Firing   bool      `json:"firing"` // false while it waits for the end of its cool-down
	Opened   time.Time `json:"opened"`
	Fired    time.Time `json:"fired"` // last time
	Told     time.Time `json:"told"`  // when targets were told last
	Closed   time.Time `json:"closed,omitzero"`
	Muted    time.Time `json:"muted,omitzero"` // until then no updates are sent
	Targets  []string  `json:"targets"`
	Seq      int       `json:"seq"` // of the newest message
	// ToldSeverity is that of the newest message; Untold says that the incident has
	// changed since then, and its targets are told when an update is due.
	ToldSeverity Severity `json:"told_severity,omitempty"`
	Untold       bool     `json:"untold,omitempty"`
	// Refs are what targets call it, such as the key of an issue.
	Refs    map[string]string `json:"refs,omitempty"`
	History []Event           `json:"history"` // newest last, bounded
}

// Event is something that happened to an incident.
type Event struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// maxHistory bounds the events that an incident keeps; the first one, its opening, stays.
const maxHistory = 50

func (i *Incident) note(e Event) {
	if len(i.History) >= maxHistory {
		i.History = slices.Delete(i.History, 1, 2)
	}
	i.History = append(i.History, e)
}

// clone returns a copy that shares nothing which is changed in place.
func (i *Incident) clone() *Incident {
	c := *i
	c.Targets, c.History = slices.Clone(i.Targets), slices.Clone(i.History)
	c.Refs = make(map[string]string, len(i.Refs))
	for target, ref := range i.Refs {
		c.Refs[target] = ref
	}
	return &c
}

// incidentID names an opening of a key. Targets know the incident by it.
func incidentID(rule, key string, opened time.Time) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + key + "\x00" + strconv.FormatInt(opened.UnixMicro(), 10)))
	return hex.EncodeToString(sum[:10])
}

// Message is one thing to tell one target about an incident: all that is known at the
// time, so that a target which missed the message before it can do with this one.
type Message struct {
	Incident string    `json:"incident"` // its ID
	Target   string    `json:"target"`
	Seq      int       `json:"seq"` // within the incident, from 1
	Kind     Kind      `json:"kind"`
	Rule     string    `json:"rule"`
	Key      string    `json:"key"`
	Severity Severity  `json:"severity"`
	Title    string    `json:"title"`
	Text     string    `json:"text,omitempty"`
	Link     string    `json:"link,omitempty"` // complete URL, or a path when none is configured
	Opened   time.Time `json:"opened"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Reason   string    `json:"reason,omitempty"`

	// Result is what a report brings; nil where there is nothing to show.
	Result *Result `json:"result,omitempty"`

	// Ref is what the target calls the incident; empty when nothing was delivered yet.
	Ref string `json:"-"`
}

// ID is the same whenever the message is sent.
func (m *Message) ID() string { return m.Incident + "-" + strconv.Itoa(m.Seq) }

// Channel delivers messages to one target. Its methods are called by one goroutine at a
// time, but for tests of the target, which may run beside.
type Channel interface {
	// Send returns once the target has the message, with what it calls the incident, if
	// it has a name of its own for it. An error is temporary unless it wraps a
	// [RefusedError]; one that wraps a [LaterError] says when to try again.
	Send(ctx context.Context, m *Message) (ref string, err error)
}

// RefusedError says that the target will never take the message.
type RefusedError struct{ Reason error }

func (e *RefusedError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// LaterError says that the target wants to be left alone for a while.
type LaterError struct {
	After  time.Duration
	Reason error
}

func (e *LaterError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *LaterError) Unwrap() error { return e.Reason }

// What callers of the desk act on.
var (
	ErrUnknown = errors.New("there is no such incident or target")
	ErrClosed  = errors.New("the incident is closed")
)
