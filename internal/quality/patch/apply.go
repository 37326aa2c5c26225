package patch

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Change is what one step did to one field.
type Change struct {
	Step   int    `json:"step"`  // from 1
	Does   string `json:"does"`  // the step's key: set, map, …
	Field  string `json:"field"` // as in the payload; empty for the whole payload
	Before string `json:"before"`
	After  string `json:"after"` // both are cut to 4 KiB; equal when only the type changed, as by cast
}

// StepError says which step a payload does not fit.
type StepError struct {
	Step  int    // from 1
	Does  string // the step's key
	Field string // as in the patch
	Err   error
}

func (e *StepError) Error() string {
	at := ""
	if e.Field != "" {
		at = " of " + e.Field
	}
	return fmt.Sprintf("step %d (%s%s): %v", e.Step, e.Does, at, e.Err)
}

func (e *StepError) Unwrap() error { return e.Err }

// Apply appends the repaired payload to dst. Changes are in the order of the steps; there
// are none when the payload is as it was. The error is a [*StepError]: the payload
// cannot be repaired by this patch, and nothing is appended.
func (p *Patch) Apply(dst []byte, doc Document) (out []byte, changes []Change, err error) {
	if doc.MaxBytes == 0 {
		doc.MaxBytes = defaultMaxBytes
	}
	st := &state{doc: doc, bytes: doc.Payload}
	for i := range p.steps {
		s := &p.steps[i]
		st.step = s
		if err := s.run(st); err != nil {
			return dst, nil, &StepError{Step: s.number, Does: s.does, Field: s.name(), Err: err}
		}
	}
	result := st.payload()
	if bytes.Equal(result, doc.Payload) {
		return append(dst, doc.Payload...), nil, nil
	}
	return append(dst, result...), st.changes, nil
}

// state is a payload between two steps.
type state struct {
	doc     Document
	bytes   []byte  // while content is nil
	content content // once a step asked for fields
	step    *step
	changes []Change

	value value // of the place that a condition or template is evaluated at
	fault error // the first that an expression met
}

func (st *state) payload() []byte {
	if st.content != nil {
		return st.content.payload()
	}
	return st.bytes
}

// open makes the fields of the payload available.
func (st *state) open() error {
	if st.content != nil {
		return nil
	}
	doc := st.doc
	doc.Payload = st.bytes
	c, err := open(&doc)
	if err != nil {
		return err
	}
	st.content = c
	return nil
}

// settle checks the size of what a step left.
func (st *state) settle() error {
	if n := len(st.payload()); n > st.doc.MaxBytes {
		return fmt.Errorf("the payload would have %d bytes, at most %d are taken", n, st.doc.MaxBytes)
	}
	return nil
}

// changed records what the step did; record does, if the text is another one.
func (st *state) changed(field, before, after string) {
	st.changes = append(st.changes, Change{st.step.number, st.step.does, field, cut(before), cut(after)})
}

func (st *state) record(field, before, after string) {
	if before != after {
		st.changed(field, before, after)
	}
}

func cut(text string) string {
	if len(text) <= maxShownBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxShownBytes], "")
}

// get is the value of a field that an expression or template reads; the first, if there
// are several. What is not there is missing.
func (st *state) get(f *ref) value {
	if err := st.open(); err != nil {
		st.fault = cmp.Or(st.fault, err)
		return value{}
	}
	places, err := st.content.find(f)
	if err != nil {
		st.fault = cmp.Or(st.fault, err)
		return value{}
	}
	if len(places) == 0 {
		return value{}
	}
	return st.content.read(places[0])
}

// holds evaluates the step's condition.
func (st *state) holds(v value) (bool, error) {
	if st.step.when == nil {
		return true, nil
	}
	st.value, st.fault = v, nil
	yes := st.step.when(st)
	return yes, st.fault
}

// step is a compiled [Step]: exactly one of the three functions is set.
type step struct {
	number int // from 1
	does   string
	field  *ref // nil: the whole payload
	when   func(*state) bool

	// change returns the new value of a place, which may be missing; the same one for no
	// change.
	change func(*state, value) (value, error)
	// rebuild changes which fields there are.
	rebuild func(*state) error
	// rewrite changes the payload as text.
	rewrite func(*state, []byte) ([]byte, error)
}

func (s *step) name() string {
	if s.field == nil {
		return ""
	}
	return s.field.name
}

func (s *step) run(st *state) error {
	switch {
	case s.rewrite != nil:
		return s.runRewrite(st)
	case s.rebuild != nil:
		return s.runRebuild(st)
	}
	if err := st.open(); err != nil {
		return err
	}
	places, err := st.content.find(s.field)
	if err != nil {
		return err
	}
	var edits []edit
	for _, p := range places {
		before := st.content.read(p)
		if yes, err := st.holds(before); err != nil || !yes {
			if err != nil {
				return err
			}
			continue
		}
		after, err := s.change(st, before)
		if err != nil {
			return err
		}
		if len(after.text) > maxTextBytes {
			return fmt.Errorf("the value would have %d bytes, at most %d are taken", len(after.text), maxTextBytes)
		}
		if after != before {
			edits = append(edits, edit{p, after})
			st.changed(p.name, before.text, after.text)
		}
	}
	if len(edits) == 0 {
		return nil
	}
	if err := st.content.write(edits); err != nil {
		return err
	}
	return st.settle()
}

func (s *step) runRewrite(st *state) error {
	if yes, err := st.holds(value{kind: kindText, text: string(st.payload())}); err != nil || !yes {
		return err
	}
	before := st.payload()
	after, err := s.rewrite(st, before)
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	st.record("", string(before), string(after))
	st.bytes, st.content = after, nil
	return st.settle()
}

func (s *step) runRebuild(st *state) error {
	if err := st.open(); err != nil {
		return err
	}
	v := value{}
	if s.field != nil && s.when != nil {
		if places, err := st.content.find(s.field); err == nil && len(places) > 0 {
			v = st.content.read(places[0])
		}
	}
	if yes, err := st.holds(v); err != nil || !yes {
		return err
	}
	if err := s.rebuild(st); err != nil {
		return err
	}
	return st.settle()
}
