package pattern

// Skip is an after-match skip strategy: where the search for the next match goes
// on. The zero value is [NoSkip].
type Skip struct {
	to   skipTo
	step string
}

type skipTo uint8

const (
	skipNothing skipTo = iota
	skipToNext
	skipPastLast
	skipToFirst
	skipToLast
)

var (
	// NoSkip hands out every match, as soon as it is complete.
	NoSkip = Skip{}
	// ToNext hands out one match per first event.
	ToNext = Skip{to: skipToNext}
	// PastLastEvent goes on behind the last event of a match: no two matches overlap.
	PastLastEvent = Skip{to: skipPastLast}
)

// ToFirst goes on at the first event that the step took. When it took none, or
// that is the first event of the match, it is ToNext.
func ToFirst(step string) Skip { return Skip{skipToFirst, step} }

// ToLast goes on at the last event that the step took, else like ToFirst.
func ToLast(step string) Skip { return Skip{skipToLast, step} }

func (s Skip) named() bool { return s.to == skipToFirst || s.to == skipToLast }
