package quality

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/event"
)

// TestScripts runs testdata/scripts/*.txt:
//
//	rules            loads a rules file; prints what it does, or what is wrong with it
//	apply [explain]  one event per line as name=value pairs ("quoted" where there are
//	                 blanks), each of its items after a "|"; problem=field is a
//	                 problem from decoding. Prints verdict, marks, changes, problems,
//	                 the event afterwards, and with explain the warnings.
//	                 With task, as the task of a partition does, which remembers what
//	                 uniqueness needs from apply to apply.
//	table <name>     fills a table of the rules with CSV
//	counts           prints how often each rule and correction applied, and could not be made
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		var rs *RuleSet
		var task *Task
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "rules":
				var err error
				if rs, err = Load([]byte(d.Input), "rules.yaml"); err != nil {
					return err.Error() + "\n"
				}
				task = rs.Task()
				return listRules(rs)
			case "apply":
				return applyScript(t, d, rs, task)
			case "table":
				for _, table := range rs.Tables() {
					if table.Name == d.CmdArgs[0].Key {
						if err := table.Fill(table.ReadCSV(strings.NewReader(d.Input))); err != nil {
							return err.Error() + "\n"
						}
						return fmt.Sprintf("%s: %d keys\n", table.Snapshot().Stamp(), table.Snapshot().Len())
					}
				}
				return "no such table\n"
			case "counts":
				var out strings.Builder
				for _, info := range rs.Rules() {
					fmt.Fprintf(&out, "%s %d", info.Name, info.Count)
					if info.Unmade > 0 {
						fmt.Fprintf(&out, ", %d not made", info.Unmade)
					}
					out.WriteByte('\n')
				}
				return out.String()
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func listRules(rs *RuleSet) string {
	var out strings.Builder
	for _, info := range rs.Rules() {
		fmt.Fprintf(&out, "%s %s on %s: %s", info.Kind, info.Name, info.Field, info.Does)
		for _, more := range []struct{ word, value string }{
			{"types", strings.Join(info.Types, ", ")}, {"when", info.When}, {"severity", info.Severity}, {"category", info.Category}, {"message", info.Message},
		} {
			if more.value != "" {
				fmt.Fprintf(&out, "; %s %s", more.word, more.value)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func applyScript(t *testing.T, d *datadriven.TestData, rs *RuleSet, task *Task) string {
	b := &event.Batch{}
	for line := range strings.Lines(d.Input) {
		if err := addEvent(b, strings.TrimSpace(line)); err != nil {
			d.Fatalf(t, "%s: %v", line, err)
		}
	}
	for _, p := range b.Problems {
		b.Verdict[p.Event] = event.Quarantined
	}
	var warnings []event.Problem
	if d.HasArg("task") {
		task.Apply(b, allRows(b))
	} else {
		warnings = rs.Explain(b, allRows(b))
	}
	var out strings.Builder
	for i := range b.Len() {
		verdict := b.Verdict[i].String()
		for _, mark := range []struct {
			mark event.Mark
			name string
		}{{event.Corrected, " corrected"}, {event.Warned, " warned"}} {
			if b.Marks[i].Has(mark.mark) {
				verdict += mark.name
			}
		}
		fmt.Fprintf(&out, "%d %s: %s\n", i, verdict, showEvent(b, i))
		for _, c := range b.Changes {
			if c.Event == int32(i) {
				fmt.Fprintf(&out, "  %s changed %s from %q to %q\n", c.Rule, c.Field, c.Before, c.After)
			}
		}
		if v := b.Versions.Get(i); v != "" {
			fmt.Fprintf(&out, "  versions %s\n", v)
		}
		showProblems(&out, "problem", b.Problems, i)
		if d.HasArg("explain") {
			showProblems(&out, "warning", warnings, i)
		}
	}
	return out.String()
}

func showProblems(out *strings.Builder, word string, problems []event.Problem, i int) {
	for _, p := range problems {
		if p.Event == int32(i) {
			fmt.Fprintf(out, "  %s %s %s %s %q: %s\n", word, p.Rule, p.Category, p.Field, p.Value, p.Message)
		}
	}
}

func showEvent(b *event.Batch, i int) string {
	var words []string
	show := func(f *field, p int) {
		value := string(f.appendValue(nil, b, int32(p)))
		if f.kind != kindCount && value != "" && value != "0" && value != "0.000" {
			if strings.ContainsAny(value, " \"|") {
				value = strconv.Quote(value)
			}
			words = append(words, strings.TrimPrefix(f.name, "item.")+"="+value)
		}
	}
	for f := range fields {
		if !fields[f].item {
			show(&fields[f], i)
		}
	}
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		words = append(words, "|")
		for f := range fields {
			if fields[f].item {
				show(&fields[f], k)
			}
		}
	}
	return strings.Join(words, " ")
}

// addEvent adds the event that a line of a script writes.
func addEvent(b *event.Batch, line string) error {
	i, prefix := b.Add(int64(b.Len()), 0, 0, nil), ""
	position := int32(i)
	for line != "" {
		if rest, ok := strings.CutPrefix(line, "|"); ok {
			position, prefix, line = int32(b.AddItem()), "item.", strings.TrimLeft(rest, " ")
			continue
		}
		name, rest, ok := strings.Cut(line, "=")
		value, after, _ := strings.Cut(rest, " ")
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return err
			}
			after = rest[len(quoted):]
			value, _ = strconv.Unquote(quoted)
		}
		line = strings.TrimLeft(after, " ")
		if name == "problem" {
			b.AddProblem(i, event.Format, "decode", value, "?", "cannot be read")
			continue
		}
		f := findField(prefix + name)
		if !ok || f == nil {
			return fmt.Errorf("no field %s%s", prefix, name)
		}
		if err := setField(b, f, position, value); err != nil {
			return err
		}
	}
	return nil
}

func setField(b *event.Batch, f *field, p int32, value string) error {
	switch f.kind {
	case kindText:
		f.text(b)[p] = value
		return nil
	case kindDict:
		f.dict(b).Set(int(p), value)
		return nil
	}
	n, err := f.parse(value)
	if f.kind == kindMoney {
		f.money(b)[p] = event.Micros(n)
	} else {
		f.num(b)[p] = n
	}
	return err
}
