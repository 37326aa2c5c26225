package event

// Verdict is what became of a received event. Every event has exactly one, and
// the ledger balances: received = accepted + duplicate + quarantined + rejected.
type Verdict uint8

// The verdicts.
const (
	// Pending events have not been judged yet; none leaves the pass.
	Pending Verdict = iota
	// Accepted events are in the tables.
	Accepted
	// Duplicate events were received before, within the dedup horizon.
	Duplicate
	// Quarantined events broke a rule and wait for repair.
	Quarantined
	// Rejected events were refused at the door for a counted reason.
	Rejected
	// Acted rows are no events: they are acts, see [Act]. The ledger does not
	// receive them.
	Acted
)

// Verdicts is the number of verdicts, [Pending] included.
const Verdicts = int(Acted) + 1

var verdictNames = [...]string{"pending", "accepted", "duplicate", "quarantined", "rejected", "acted"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown"
}

// Mark is a set of remarks on an accepted event.
type Mark uint8

// The marks.
const (
	// Late events are behind their source's watermark.
	Late Mark = 1 << iota
	// Corrected events had a field changed by a correction rule.
	Corrected
	// Warned events broke a rule of severity "warn".
	Warned
	// Recovered events were quarantined, and accepted when they were sent again.
	Recovered
)

// Has reports whether all marks of n are set.
func (m Mark) Has(n Mark) bool { return m&n == n }

// Category says in what way an event broke a rule.
type Category string

// The categories of problems.
const (
	Missing           Category = "missing"
	Format            Category = "format"
	OutOfRange        Category = "out_of_range"
	Schema            Category = "schema"
	Business          Category = "business"
	DuplicateConflict Category = "duplicate_conflict"
	Undecodable       Category = "decode"
	TooLarge          Category = "too_large"
	Enriching         Category = "enrichment"
)

// Categories lists every category, in the order of the documentation.
func Categories() []Category {
	return []Category{Missing, Format, OutOfRange, Schema, Business, DuplicateConflict, Undecodable, TooLarge, Enriching}
}

// Problem is one thing wrong with one event of a batch.
type Problem struct {
	Event    int32 // index in the batch
	Rule     string
	Category Category
	Field    string
	Value    string // as received, cut to 256 bytes
	Message  string
}

// Change is one field of one event altered by a rule.
type Change struct {
	Event  int32
	Rule   string
	Field  string
	Before string
	After  string
}
