package pattern

import "fmt"

// condition is what is asked of an event; every part must hold.
type condition[E any] struct {
	alone []func(E) bool // asked of the event only: one answer per event
	with  []func(E, *Partial[E]) (bool, error)
}

// holds answers whether a condition holds for the event. What is asked of the
// event alone is asked once.
func (m *Matcher[E]) holds(cond int) bool {
	c := &m.conds[cond]
	if len(c.alone) > 0 {
		if m.memo[cond]>>1 != m.epoch {
			m.memo[cond] = m.epoch<<1 | m.ask(c)
		}
		if m.memo[cond]&1 == 0 {
			return false
		}
	}
	for _, fn := range c.with {
		ok, err := fn(m.event, &m.view)
		if err == nil {
			err = m.view.err
		}
		if err != nil {
			m.failed(cond, err)
			return false
		}
		if !ok {
			return false
		}
	}
	return true
}

func (m *Matcher[E]) ask(c *condition[E]) uint64 {
	for _, fn := range c.alone {
		if !fn(m.event) {
			return 0
		}
	}
	return 1
}

func (m *Matcher[E]) failed(cond int, err error) {
	m.stats.ConditionErrors++
	m.view.err = nil
	if m.err == nil {
		m.err = &ConditionError{Step: m.prog.names[cond], Err: err}
	}
}

// ConditionError is an error of a condition at run time.
type ConditionError struct {
	Step string // the step or negation; "until of …" for a stop condition
	Err  error
}

func (e *ConditionError) Error() string {
	return fmt.Sprintf("pattern: condition of %q failed and counts as not fulfilled: %v", e.Step, e.Err)
}

func (e *ConditionError) Unwrap() error { return e.Err }
