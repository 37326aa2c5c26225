package window

import "github.com/millrace/millrace/event"

// Result is what a window has come to for a key. Its identity is key, start and
// end; that of a session is key and start, since its end moves.
type Result[K comparable, R any] struct {
	Key   K             `state:"key"`
	Start event.Instant `state:"start"`
	End   event.Instant `state:"end"` // exclusive
	// Revision begins at 1 and rises by one with each publication of the result.
	Revision uint32 `state:"revision"`
	Phase    Phase  `state:"phase"`
	// Retracted says that the window, which was published before, is not: a session
	// that another has absorbed. Value is what was published last.
	Retracted bool `state:"retracted"`
	Value     R    `state:"value"`
}

// Phase says when a result was published.
type Phase string

// The phases.
const (
	Early  Phase = "early"   // before the watermark had passed the window
	OnTime Phase = "on_time" // when it had
	Late   Phase = "late"    // for elements that came after that
)
