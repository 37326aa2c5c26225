package stream

// Derivation is how a column comes of what it is made of.
type Derivation string

// The derivations.
const (
	Copied     Derivation = "copied"     // the value itself
	Computed   Derivation = "computed"   // of values of one event
	Aggregated Derivation = "aggregated" // of values of many events
	Decided    Derivation = "decided"    // it decides which events count, in which group or window: it is no part of the value
)

// Origin says what a column of an output is made of. It is what lineage is derived from,
// and changes nothing that a job does.
type Origin struct {
	Output string // name of the sink; empty: all sinks of the job
	Column string // of it; empty: all columns
	// Fields of events, named as in rules: order_id, item.price, properties.amount_base,
	// context.device.type.
	Fields []string
	By     Derivation
}

// Derive adds what is known of the origins of a job's outputs.
func (j *Job) Derive(origins ...Origin) *Job {
	j.origins = append(j.origins, origins...)
	return j
}

// Origins returns what [Job.Derive] was told. A job that was told nothing is one whose
// outputs may be made of anything.
func (j *Job) Origins() []Origin { return j.origins }
