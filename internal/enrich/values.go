package enrich

import "github.com/millrace/millrace/event"

// standardize makes an enrichment that replaces the values of one dictionary column, by a
// function of the value alone. It runs once per distinct value.
func standardize(name, version, field string, column func(*event.Batch) *event.Dict, lookup func(string) (string, Outcome)) *Enrichment {
	return newStep(name, version, func() apply {
		s := &scratch{lookup: lookup, seen: make(map[string]answer)}
		return func(b *event.Batch, rows []int32, _ *facts, n *tally) { s.apply(column(b), b, field, rows, n) }
	}, field)
}

// answer is what lookup returned.
type answer struct {
	value   string
	outcome Outcome
}

// verdict is an answer in terms of one dictionary.
type verdict struct {
	code    uint32
	outcome Outcome
	known   bool
}

// scratch is the memory of one Apply at a time.
type scratch struct {
	lookup func(value string) (string, Outcome)
	byCode []verdict         // of the batch's dictionary, found when first needed
	seen   map[string]answer // across batches, at most maxSeen
}

// maxSeen bounds the memory spent on remembered values: more distinct values
// than that are no country or currency column.
const maxSeen = 4096

func (s *scratch) apply(column *event.Dict, b *event.Batch, field string, rows []int32, n *tally) {
	s.reset(max(1, len(column.Values)))
	for _, i := range rows {
		code := column.Codes[i]
		v := s.byCode[code]
		if !v.known {
			v = s.judge(column, column.Get(int(i)))
			s.byCode[code] = v
		}
		if v.outcome == Missed {
			n.miss(b, i, field, column.Get(int(i)), "is not known")
			continue
		}
		column.Codes[i] = v.code
		n.of[v.outcome]++
	}
}

func (s *scratch) reset(values int) {
	if cap(s.byCode) < values {
		s.byCode = make([]verdict, values, 2*values)
		return
	}
	s.byCode = s.byCode[:values]
	clear(s.byCode)
}

func (s *scratch) judge(column *event.Dict, value string) verdict {
	a, ok := s.seen[value]
	if !ok {
		a.value, a.outcome = s.lookup(value)
		if len(s.seen) >= maxSeen {
			clear(s.seen)
		}
		s.seen[value] = a
	}
	return verdict{code: column.Code(a.value), outcome: a.outcome, known: true}
}
