package declared

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
	"github.com/millrace/millrace/stream"
)

// Params are what the platform sets where a file does not.
type Params struct {
	Lateness time.Duration // how far behind event time an event may come
}

// Load reads a job file. file is its name in errors, which are joined and begin with
// file:line:column each.
func Load(data []byte, file string, p Params) (*stream.Job, error) {
	var doc document
	l := &loader{Source: yamldoc.Read(data, file, form, &doc), doc: &doc, params: p}
	if l.Failed() {
		return nil, l.Err()
	}
	l.job = stream.NewJob(doc.Name, max(1, doc.Version)).Describe(doc.Description)
	l.job.Limit(stream.Limits{Keys: int64(doc.Limits.Keys), Expansion: doc.Limits.Expansion})
	l.check()
	l.build()
	if l.Failed() {
		return nil, l.Err()
	}
	l.job.DefinedAt(l.Place("version", "name")).Shape(l.shape()).Derive(l.origins()...)
	if err := l.job.Err(); err != nil {
		l.Fail("name", "%v", err)
		return nil, l.Err()
	}
	return l.job, nil
}

// loader is a job file that becomes a job.
type loader struct {
	*yamldoc.Source
	doc    *document
	params Params
	job    *stream.Job
	shapes []string // of what the state means
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

const nameWanted = "lower-case letters, digits and underscores, at most 63, a letter first"

// check refuses what does not go together.
func (l *loader) check() {
	d := l.doc
	if !nameForm.MatchString(d.Name) {
		l.Fail("name", "cannot take %q as a name; want %s", yamldoc.Clip(d.Name), nameWanted)
	}
	if l.Has("version") && d.Version < 1 {
		l.Fail("version", "versions begin at 1")
	}
	window, pattern := l.Has("window"), l.Has("pattern")
	switch {
	case window && pattern:
		l.Fail("pattern", "a job has a window or a pattern; make it two jobs")
	case !window && !pattern && !l.Has("columns"):
		l.FailAt(1, 1, "the job file does not say what to do; add window and aggregates, a pattern, or columns")
	}
	l.together("window", "aggregates", window, "a window needs aggregates: what to compute over it, such as views: count()")
	l.together("aggregates", "window", l.Has("aggregates"), "aggregates need a window: the time that they are over, such as {tumbling: 1m}")
	l.together("pattern", "columns", pattern, "a pattern needs columns: what to publish of a match, such as tries: count(refused)")
	for _, key := range []string{"then", "emit"} {
		if l.Has(key) && !window {
			l.Fail(key, "%q is for jobs with a window", key)
		}
	}
	for _, key := range []string{"key", "lateness", "ttl"} {
		if l.Has(key) && !window && !pattern {
			l.Fail(key, "%q is for jobs with a window or a pattern", key)
		}
	}
	if l.Has("columns") && window {
		l.Fail("columns", "with a window, columns are aggregates; write them there")
	}
	if l.Has("output.key") && (window || pattern) {
		l.Fail("output.key", "with a window or a pattern, the key of a result is known; take it away")
	}
	if len(d.Then) >= maxStages {
		l.Fail("then", "more than %d stages; make it two jobs", maxStages)
	}
	l.checkEvents()
}

func (l *loader) together(has, needs string, holds bool, advice string) {
	if holds && !l.Has(needs) {
		l.Fail(has, "%s", advice)
	}
}

func (l *loader) checkEvents() {
	for path, names := range map[string][]string{"events.types": l.doc.Events.Types, "events.sources": l.doc.Events.Sources} {
		for i, name := range names {
			if name == "" || slices.Contains(names[:i], name) {
				l.Fail(fmt.Sprintf("%s[%d]", path, i), "cannot take %q; it is empty, or stands twice", name)
			}
		}
	}
}

// build makes the job of the stages and the outputs.
func (l *loader) build() {
	in := l.newCapture()
	switch {
	case l.Has("pattern"):
		l.buildPattern(in)
	case l.Has("window"):
		first := stageSpec{
			Where: l.doc.Where, Key: l.doc.Key, Window: l.doc.Window, Aggregates: l.doc.Aggregates,
			Emit: l.doc.Emit, Lateness: l.doc.Lateness, TTL: l.doc.TTL,
		}
		result := l.stage("", &first, in, func(p *plan) stream.Stream[*row] { return in.rows(l, p) })
		for i := range l.doc.Then {
			before := result
			if before == nil {
				return // it has said what is wrong
			}
			names := layout(before.columns)
			result = l.stage(fmt.Sprintf("then[%d].", i), &l.doc.Then[i], names, func(p *plan) stream.Stream[*row] {
				return again(before, p, i)
			})
		}
		l.output(result)
	case l.Has("columns"):
		l.output(l.eachEvent(in))
	}
}

// vocabulary is what expressions can name.
type vocabulary interface {
	field(name string) (operand, error)
}

// language has the operators and conversions, and what a vocabulary names.
func language(v vocabulary) expression.Language[row] {
	return expression.Language[row]{Field: v.field, Knows: knows, Full: true}
}

const knows = "expressions know and, or, not, ==, !=, <, <=, >, >=, in, contains, startsWith, endsWith, matches, +, -, *, /, ?:, " +
	"len, trim, abs, lower, upper, number, int, money, date and duration"

// compile compiles the expression at a path. When it is wrong, that is told and the
// result is false.
func (l *loader) compile(path, text string, lang expression.Language[row]) (operand, bool) {
	tree, err := expression.Parse(text, maxNodes, ownFunctions...)
	if err != nil {
		l.failExpression(path, err)
		return operand{}, false
	}
	o, err := expression.Compile(tree, text, lang)
	if err != nil {
		l.failExpression(path, err)
		return operand{}, false
	}
	return o, true
}

// failExpression reports an error within an expression at its place in the file.
func (l *loader) failExpression(path string, err error) {
	var where *file.Error
	if !errors.As(err, &where) {
		l.Fail(path, "%v", err)
		return
	}
	l.FailIn(path, where.Line, where.Column, "%s", plainly.Replace(where.Message))
}

// plainly puts what the parser says into plain words.
var plainly = strings.NewReplacer(
	`unexpected token Operator("=")`, `"=" compares nothing; write ==`,
	"unexpected token EOF", "the expression ends before it is complete",
)

// condition compiles the condition at a path; nil for none.
func (l *loader) condition(path, text string, lang expression.Language[row]) func(*row) bool {
	if !l.Has(path) {
		return nil
	}
	o, ok := l.compile(path, text, lang)
	if !ok {
		return nil
	}
	if o.Kind != expression.Boolean {
		l.Fail(path, "a condition must be true or false, not %s", o.Kind)
		return nil
	}
	return o.Bool
}

// columnName refuses names that no column can have.
func (l *loader) columnName(path, name string) bool {
	switch {
	case !nameForm.MatchString(name):
		l.Fail(path, "cannot take %q as the name of a column; want %s", yamldoc.Clip(name), nameWanted)
	case slices.Contains(reserved, name):
		l.Fail(path, "every result has a column %q; choose another name", name)
	default:
		return true
	}
	return false
}

// reserved are the columns that results have on their own.
var reserved = []string{"window_start", "window_end", "revision", "phase", "retracted", "match_id", "started_at", "ended_at", "revision_no"}
