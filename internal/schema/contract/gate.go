package contract

import (
	"strings"

	"github.com/millrace/millrace/event"
)

// Policy is what becomes of events that break their contract.
type Policy string

// The policies.
const (
	Off        Policy = "off"
	Report     Policy = "report"     // mark the event as warned, and count
	Quarantine Policy = "quarantine" // and let it wait for repair
)

// Gate checks the events of a source. It serves one task.
type Gate struct {
	checker *Checker
	policy  Policy
}

// Gate returns the check of a source's events for one task.
func (s *Set) Gate(policy Policy) *Gate { return &Gate{checker: s.Checker(), policy: policy} }

// Checker returns what checks events; it serves one goroutine.
func (s *Set) Checker() *Checker { return &Checker{set: s} }

// Apply judges the given rows of the batch. It changes nothing but verdicts, marks and
// problems.
func (g *Gate) Apply(b *event.Batch, rows []int32) {
	c := g.checker
	c.begin(b)
	for _, i := range rows {
		contract := c.memo[b.Type.Codes[i]]
		if contract == nil {
			continue
		}
		found := c.Check(contract, b, int(i))
		contract.checked.Add(1)
		if len(found) > 0 {
			contract.broken.Add(1)
			g.report(contract, b, int(i), found)
		}
	}
	c.flush()
}

// begin finds the contract of each type of the batch.
func (c *Checker) begin(b *event.Batch) {
	c.memo = c.memo[:0]
	for _, name := range b.Type.Values {
		c.memo = append(c.memo, c.set.byEvent[name])
	}
	if len(c.memo) == 0 {
		c.memo = append(c.memo, nil) // code 0 is there even in an empty dictionary
	}
	c.pending.at, c.pending.batch = -1, b
}

// Check returns how event i of the batch breaks a contract. The result is valid until the
// next call.
func (c *Checker) Check(contract *Contract, b *event.Batch, i int) []Violation {
	c.found, c.failed, c.path, c.scratch, c.depth = c.found[:0], false, c.path[:0], c.scratch[:0], 0
	c.pending.contract, c.pending.at = contract, i
	for j := range contract.columns {
		c.column(&contract.columns[j], b, i)
	}
	return c.found
}

func (g *Gate) report(contract *Contract, b *event.Batch, i int, found []Violation) {
	for n := range found {
		v := &found[n]
		g.checker.pending.violation(v)
		if g.policy == Quarantine {
			b.AddProblem(i, event.Schema, rule(contract.Event, v.Field), v.Field, v.Value, v.Field+" "+v.Message)
		}
	}
	if g.policy == Quarantine {
		b.Verdict[i] = event.Quarantined
		return
	}
	b.Marks[i] |= event.Warned
}

// rule names what was broken: the contract and the field, without positions in lists.
func rule(eventType, field string) string {
	return "contract." + eventType + "." + withoutPositions(field)
}

// withoutPositions makes properties.products[2].price properties.products.price.
func withoutPositions(field string) string {
	for {
		open := strings.IndexByte(field, '[')
		if open < 0 {
			return field
		}
		length := strings.IndexByte(field[open:], ']')
		if length < 0 {
			return field
		}
		field = field[:open] + field[open+length+1:]
	}
}
