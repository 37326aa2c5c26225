package event

// Act is a decision of somebody about a quarantined event, or about a source. It is
// a record of the log like any other, in the partition of what it is about, and has
// a row in the batch. The row of a redrive holds the event as it was sent again:
// accepted with the mark [Recovered], or [Acted] when nothing came of it.
type Act struct {
	Event   int32 // index of its row
	Kind    ActKind
	Outcome Outcome
	Message string // why it is void

	Original int64 // offset of the quarantined event in the batch's partition
	ID       ID    // of the quarantined event; zero for an act about a source
	Conflict bool  // that event was quarantined as [DuplicateConflict]

	Run     string // of redrives
	Attempt int    // from 1
	Patch   string // name@version; empty: sent again as received
	By      string
	Reason  string
	State   string // of the source
	Sample  int64  // of a source that is probed
}

// ActKind says what an act does.
type ActKind string

// The kinds of acts.
const (
	// Redrive judges the event again, with the payload that the act carries.
	Redrive ActKind = "redrive"
	// Waive leaves the event out for a good reason.
	Waive ActKind = "waive"
	// Reopen takes a waive or a burial back.
	Reopen ActKind = "reopen"
	// Purge gives the event up for good; tables do not show its payload any more.
	Purge ActKind = "purge"
	// Bury makes the event a dead letter. It may still be redriven.
	Bury ActKind = "bury"
	// SetSource lets a source's events through, keeps them out, or probes it.
	SetSource ActKind = "source"
	// Enter makes known in a partition that an event of an identity was accepted in another
	// one.
	Enter ActKind = "enter"
)

// The states of a source.
const (
	SourceActive    = "active"
	SourceSuspended = "suspended"
	SourceProbing   = "probing"
)

// Outcome is what became of an act. There are at most 15: the verdict log has four
// bits for them.
type Outcome uint8

// The outcomes. From VoidMalformed on they say why an act changed nothing.
const (
	Undecided Outcome = iota
	// ActRecovered: the redriven event was accepted.
	ActRecovered
	// ActDuplicate: the redriven event was received otherwise; the original is settled.
	ActDuplicate
	// ActRequarantined: the redriven event broke a rule again.
	ActRequarantined
	ActWaived
	ActReopened
	ActDead
	ActPurged
	// ActApplied: the source has the state, the partition knows the identity.
	ActApplied
	VoidMalformed
	VoidUnknown
	VoidOther
	VoidRecovered
	VoidWaived
	VoidPurged
	VoidIdle
)

var outcomeNames = [...]string{
	"undecided", "recovered", "duplicate", "requarantined", "waived", "reopened", "dead", "purged", "applied",
	"void", "void", "void", "void", "void", "void", "void",
}

// String returns the outcome as tables show it.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// Void reports whether the act changed nothing.
func (o Outcome) Void() bool { return o >= VoidMalformed }

// Reason says why an act is void.
func (o Outcome) Reason() string {
	switch o {
	case VoidMalformed:
		return "the act cannot be read"
	case VoidUnknown:
		return "no quarantined event has these coordinates"
	case VoidOther:
		return "the quarantined event at these coordinates has another id"
	case VoidRecovered:
		return "the event is recovered already"
	case VoidWaived:
		return "the event is waived; reopen it first"
	case VoidPurged:
		return "the event is purged, which is final"
	case VoidIdle:
		return "the event is in that state already"
	}
	return ""
}
