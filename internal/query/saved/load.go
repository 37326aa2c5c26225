package saved

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// Limits of a query.
const (
	maxBytes      = 512 << 10
	maxTitle      = 200
	maxText       = 4000
	maxParameters = 30
	maxOptions    = 200
	maxValue      = 4000
	maxTargets    = 20
)

var form = yamldoc.Form{Name: "saved query", Begins: "version: 1", MaxBytes: maxBytes, Split: "shorten it"}

var (
	idForm   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// checkedAt is a time that relative defaults are checked with; any would do.
var checkedAt = time.Date(2026, 1, 1, 12, 34, 56, 0, time.UTC)

// Parse reads a query. The error joins everything that is wrong, each with its file, line
// and column. Whether the statement can run is not looked at: that is the store's to say.
func Parse(text []byte, file string) (*Query, error) {
	var q Query
	s := yamldoc.Read(text, file, form, &q)
	if !s.Failed() {
		c := &checker{s, &q}
		c.check()
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return &q, nil
}

type checker struct {
	source *yamldoc.Source
	query  *Query
}

func (c *checker) fail(path, format string, args ...any) { c.source.Fail(path, format, args...) }

func (c *checker) check() {
	q := c.query
	if !idForm.MatchString(q.ID) || q.ID == "new" {
		c.fail("id", "cannot take %q as an id; want lower-case letters, digits, _ and -, a letter first, at most 64, and not new", yamldoc.Clip(q.ID))
	}
	switch {
	case strings.TrimSpace(q.Title) == "" || len(q.Title) > maxTitle || strings.ContainsAny(q.Title, "\r\n"):
		c.fail("title", "the title is one line of 1 to %d bytes", maxTitle)
	case len(q.Description) > maxText:
		c.fail("description", "the description has at most %d bytes", maxText)
	case strings.TrimSpace(q.SQL) == "":
		c.fail("sql", "the statement is empty")
	case len(q.Parameters) > maxParameters:
		c.fail("parameters", "a query has at most %d parameters, not %d", maxParameters, len(q.Parameters))
	}
	for i := range q.Parameters {
		c.parameter(fmt.Sprintf("parameters[%d]", i), &q.Parameters[i], q.Parameters[:i])
	}
	if c.source.Has("schedule") && !c.source.Failed() {
		c.schedule(&q.Schedule)
	}
}

func (c *checker) parameter(path string, p *Parameter, before []Parameter) {
	switch {
	case !nameForm.MatchString(p.Name):
		c.fail(path+".name", "cannot take %q as a name; want lower-case letters, digits and _, a letter first, at most 64", yamldoc.Clip(p.Name))
	case slices.ContainsFunc(before, func(o Parameter) bool { return o.Name == p.Name }):
		c.fail(path+".name", "two parameters are called %q", p.Name)
	case len(p.Title) > maxTitle:
		c.fail(path+".title", "the title has at most %d bytes", maxTitle)
	case len(p.Options) > maxOptions:
		c.fail(path+".options", "a parameter has at most %d options, not %d", maxOptions, len(p.Options))
	}
	for i, option := range p.Options {
		if _, err := p.read(option, checkedAt); err != nil {
			c.fail(fmt.Sprintf("%s.options[%d]", path, i), "%v", err)
		}
	}
	if p.Default != "" {
		if _, err := p.value(p.Default, checkedAt); err != nil {
			c.fail(path+".default", "%v", err)
		}
	}
}

func (c *checker) schedule(s *Schedule) {
	if _, err := s.times(); err != nil {
		at := "schedule.cron"
		if errors.Is(err, errZone) {
			at = "schedule.zone"
		}
		c.fail(at, "%v", err)
		return
	}
	switch {
	case len(s.To) == 0:
		c.fail("schedule.to", "name at least one of escalation.targets")
	case len(s.To) > maxTargets:
		c.fail("schedule.to", "a schedule has at most %d targets, not %d", maxTargets, len(s.To))
	}
	for i, target := range s.To {
		if slices.Contains(s.To[:i], target) {
			c.fail(fmt.Sprintf("schedule.to[%d]", i), "the target %q stands twice", yamldoc.Clip(target))
		}
	}
	if _, err := c.query.Bind(s.Arguments, checkedAt); err != nil {
		c.fail("schedule.arguments", "%v", err)
	}
}

// ErrArgument says that an argument is wrong.
var ErrArgument = errors.New("wrong argument")

// Bind reads arguments by the types of the parameters, as of a time, which relative dates
// refer to and whose zone is theirs. Parameters without one take their defaults. The error
// wraps [ErrArgument].
func (q *Query) Bind(arguments map[string]string, at time.Time) (map[string]any, error) {
	names := make([]string, len(q.Parameters))
	for i := range q.Parameters {
		names[i] = q.Parameters[i].Name
	}
	for name := range arguments {
		if !slices.Contains(names, name) {
			if len(names) == 0 {
				return nil, fmt.Errorf("%w: the query has no parameters, and %q is given", ErrArgument, yamldoc.Clip(name))
			}
			return nil, fmt.Errorf("%w: there is no parameter %q; %s", ErrArgument, yamldoc.Clip(name), spell.Suggest(name, names))
		}
	}
	bound := make(map[string]any, len(q.Parameters))
	for i := range q.Parameters {
		p := &q.Parameters[i]
		text, given := arguments[p.Name]
		if !given || text == "" && p.Type != ofText {
			text, given = p.Default, p.Default != ""
		}
		switch {
		case given:
			v, err := p.value(text, at)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrArgument, err)
			}
			bound[p.Name] = v
		case p.Optional:
			bound[p.Name] = nil
		default:
			return nil, fmt.Errorf("%w: the parameter %q needs a value (%s)", ErrArgument, p.Name, p.Type)
		}
	}
	return bound, nil
}
