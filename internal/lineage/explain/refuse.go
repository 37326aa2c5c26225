package explain

import "fmt"

// Refusal says why a number cannot be explained, and what to do.
type Refusal struct {
	Reason string
	Advice string
}

func (r *Refusal) Error() string { return r.Reason + "; " + r.Advice }

func refuse(advice, format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...), Advice: advice}
}
