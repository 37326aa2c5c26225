package pattern

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/expr-lang/expr"
	"gopkg.in/yaml.v3"
)

// A script declares a pattern and sends events; the output is what was found.
//
//	pattern      the declaration in YAML; conditions are expr
//	events       a line each: name, time, fields. Prints what each one completes.
//	             [restart] writes and reads the state before each event.
//	letters      events named a1 b1 …, a second apart, on fresh state; kind is the
//	             letter. Then all time passes.
//	watermark t  time has come to t
//	state        what is kept
//
// In a condition, fields of the event are variables (0 or "" when missing);
// first("step"), last("step") are earlier events, count("step"), sum("step",
// "field") look at all of a step; km(a, b) and hours(a, b) are between two events.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/script", func(t *testing.T, path string) {
		s := &script{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.run(t, d) })
	})
}

type record map[string]any

type script struct {
	p      *Pattern[record]
	m      *Matcher[record]
	s      *State[record]
	events map[string]record
	out    strings.Builder
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	switch d.Cmd {
	case "pattern":
		return s.pattern(d.Input)
	case "events":
		if s.m == nil {
			t.Fatal("no pattern, or it does not compile")
		}
		for line := range strings.Lines(d.Input) {
			if d.HasArg("restart") {
				s.restart(t)
			}
			s.event(t, strings.Fields(line))
		}
	case "letters":
		s.s = &State[record]{}
		for i, name := range strings.Fields(d.Input) {
			s.event(t, []string{name, "00:00:" + strconv.Itoa(i), "kind=" + name[:1]})
		}
		s.m.Expire(s.s, math.MaxInt64, s.match, s.timeout)
	case "watermark":
		s.m.Expire(s.s, clock(t, d.CmdArgs[0].Key), s.match, s.timeout)
	case "state":
		runs, complete := s.s.Runs()
		fmt.Fprintf(&s.out, "partial matches %d, complete %d, events %d", runs, complete, s.s.Events())
		if next, ok := s.m.NextDeadline(s.s); ok {
			fmt.Fprintf(&s.out, ", deadline %s", hour(next))
		}
		fmt.Fprintf(&s.out, ", dropped %d\n", s.m.Stats().DroppedRuns+s.m.Stats().DroppedEntries)
	default:
		t.Fatalf("unknown command %s", d.Cmd)
	}
	return s.out.String()
}

func (s *script) pattern(declaration string) string {
	var spec Spec
	dec := yaml.NewDecoder(strings.NewReader(declaration))
	dec.KnownFields(true)
	if err := dec.Decode(&spec); err != nil {
		return err.Error()
	}
	p, err := FromSpec(spec, compileExpr)
	if err != nil {
		return err.Error()
	}
	s.p, s.m, s.s, s.events = p, NewMatcher(p, Limits{Runs: 8}), &State[record]{}, map[string]record{}
	return "ok"
}

func (s *script) event(t *testing.T, words []string) {
	e := record{"id": words[0]}
	for _, field := range words[2:] {
		name, value, _ := strings.Cut(field, "=")
		e[name] = value
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			e[name] = n
		}
	}
	at := clock(t, words[1])
	e["at"] = float64(at)
	s.events[words[0]] = e
	s.m.Expire(s.s, at, s.match, s.timeout)
	if err := s.m.Advance(s.s, at, e, s.match); err != nil {
		fmt.Fprintf(&s.out, "error: %v\n", err)
	}
}

func (s *script) restart(t *testing.T) {
	b := s.m.AppendState(nil, s.s, func(dst []byte, e record) []byte { return append(dst, e["id"].(string)...) })
	s.s = &State[record]{}
	if err := s.m.DecodeState(b, s.s, func(b []byte) (record, error) { return s.events[string(b)], nil }); err != nil {
		t.Fatal(err)
	}
}

func (s *script) match(m Match[record]) {
	how := ""
	if m.TimedOut {
		how = " by deadline"
	}
	fmt.Fprintf(&s.out, "match at %s%s: %s\n", hour(m.At), how, sentence(m.Taken))
}

func (s *script) timeout(m Timeout[record]) {
	fmt.Fprintf(&s.out, "timeout at %s: %s\n", hour(m.At), sentence(m.Taken))
}

func sentence(taken []Taken[record]) string {
	var words []string
	for _, x := range taken {
		words = append(words, fmt.Sprintf("%s=%s", x.Step, x.Event["id"]))
	}
	return strings.Join(words, " ")
}

// clock reads 15:04, 15:04:05 or 15:04:05.000 of a day.
func clock(t *testing.T, s string) int64 {
	at, err := time.Parse("15:4:5", s+strings.Repeat(":00", 2-strings.Count(s, ":")))
	if err != nil {
		t.Fatal(err)
	}
	return at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds()
}

func hour(at int64) string {
	return strings.TrimSuffix(time.UnixMicro(at).UTC().Format("15:04:05.000"), ".000")
}

// compileExpr is how a job may compile its conditions.
func compileExpr(_, source string) (func(record, *Partial[record]) (bool, error), error) {
	env := record{
		"result": "", "sku": "", "kind": "", "city": "", "order": "", "amount": 0.0, "price": 0.0, "lat": 0.0, "lon": 0.0, "at": 0.0,
		"this":  map[string]any{},
		"first": func(string) map[string]any { return nil }, "last": func(string) map[string]any { return nil },
		"count": func(string) int { return 0 }, "sum": func(string, string) float64 { return 0 },
		"km": kilometres, "hours": func(a, b map[string]any) float64 { return (number(b, "at") - number(a, "at")) / 3600e6 },
	}
	compiled, err := expr.Compile(source, expr.Env(map[string]any(env)), expr.AsBool())
	if err != nil {
		return nil, err
	}
	return func(e record, m *Partial[record]) (bool, error) {
		vars := maps.Clone(env)
		maps.Copy(vars, e)
		vars["this"] = map[string]any(e)
		vars["first"] = func(step string) map[string]any { f, _ := m.First(step); return f }
		vars["last"] = func(step string) map[string]any { l, _ := m.Last(step); return l }
		vars["count"] = m.Count
		vars["sum"] = func(step, field string) float64 {
			return m.Sum(step, func(e record) float64 { return number(e, field) })
		}
		out, err := expr.Run(compiled, map[string]any(vars))
		if err != nil {
			return false, err
		}
		return out.(bool), nil
	}, nil
}

func number(e map[string]any, field string) float64 {
	v, _ := e[field].(float64)
	return v
}

// kilometres is the haversine distance on a sphere of 6,371 km.
func kilometres(a, b map[string]any) float64 {
	rad := func(e map[string]any, field string) float64 { return number(e, field) * math.Pi / 180 }
	lat1, lat2 := rad(a, "lat"), rad(b, "lat")
	h := math.Pow(math.Sin((lat2-lat1)/2), 2) + math.Cos(lat1)*math.Cos(lat2)*math.Pow(math.Sin((rad(b, "lon")-rad(a, "lon"))/2), 2)
	return 2 * 6371 * math.Asin(math.Sqrt(h))
}
