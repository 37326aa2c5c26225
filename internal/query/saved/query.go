package saved

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Query is a saved query. The structs of this file are the only description of the format:
// the loader, the API and the reference are derived from their tags, which package yamldoc
// describes.
type Query struct {
	Version     int         `yaml:"version" json:"version" required:"true" oneof:"1" desc:"Version of this format."`
	ID          string      `yaml:"id" json:"id" required:"true" desc:"Name in addresses: lower-case letters, digits, _ and -, a letter first, at most 64."`
	Title       string      `yaml:"title" json:"title" required:"true" desc:"What people call it."`
	Description string      `yaml:"description" json:"description,omitempty" desc:"What it is for."`
	Owner       string      `yaml:"owner" json:"owner,omitempty" desc:"User of olap.sql.users who may change it, and with whose role its scheduled runs read. Absent: nobody's, with olap.sql.anonymous_role. Saving by the API sets it to who saves."`
	SQL         string      `yaml:"sql" json:"sql" required:"true" desc:"One statement that reads. Parameters stand in it as $name."`
	Parameters  []Parameter `yaml:"parameters" json:"parameters,omitempty" nullable:"false" desc:"What the statement is asked with."`
	Schedule    Schedule    `yaml:"schedule" json:"schedule,omitzero" desc:"When it runs by itself, and who gets the result."`
}

// Parameter is a value that a query is asked with.
type Parameter struct {
	Name     string   `yaml:"name" json:"name" required:"true" desc:"Its name in the statement, without $: lower-case letters, digits and _."`
	Type     string   `yaml:"type" json:"type" required:"true" oneof:"text|integer|decimal|boolean|date|timestamp" desc:"How its value is read and bound."`
	Title    string   `yaml:"title" json:"title,omitempty" desc:"What stands beside its field. Default: its name."`
	Default  string   `yaml:"default" json:"default,omitempty" number:"true" desc:"Value when none is given. Dates and times may be relative to the run: now, today, week, month or year (where each begins), with + or - and h, d, w, mo or y, such as today-7d."`
	Optional bool     `yaml:"optional" json:"optional,omitempty" desc:"Without a value it is NULL. Otherwise a value is needed."`
	Options  []string `yaml:"options" json:"options,omitempty" nullable:"false" desc:"The only values that are taken. Default: any of the type."`
}

// Schedule says when a query runs by itself, and who gets the result.
type Schedule struct {
	Cron      string            `yaml:"cron" json:"cron" required:"true" desc:"Five fields: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly."`
	Zone      string            `yaml:"zone" json:"zone,omitempty" desc:"Time zone of cron and of relative dates, such as Europe/London." default:"UTC"`
	When      string            `yaml:"when" json:"when,omitempty" oneof:"always|rows|changed" default:"always" desc:"Whether a result is sent: always, when it has rows, or when it is not that which was sent last."`
	To        []string          `yaml:"to" json:"to" nullable:"false" required:"true" desc:"Names of escalation.targets: mail, Slack or webhooks."`
	Format    string            `yaml:"format" json:"format,omitempty" oneof:"table|csv" default:"table" desc:"table: the first rows stand in the message. csv: all rows are a file, too; Slack has no files."`
	Arguments map[string]string `yaml:"arguments" json:"arguments,omitempty" desc:"Values of parameters, by name. Default: their defaults."`
	Paused    bool              `yaml:"paused" json:"paused,omitempty" desc:"It does not run."`
}

// The types of parameters.
const (
	ofText      = "text"
	ofInteger   = "integer"
	ofDecimal   = "decimal"
	ofBoolean   = "boolean"
	ofDate      = "date"
	ofTimestamp = "timestamp"
)

// The conditions of schedules, and their formats.
const (
	whenRows    = "rows"
	whenChanged = "changed"
	formatCSV   = "csv"
)

// Scheduled reports whether the query runs by itself.
func (q *Query) Scheduled() bool { return q.Schedule.Cron != "" && !q.Schedule.Paused }

// Parameter returns the parameter of a name; nil for none.
func (q *Query) Parameter(name string) *Parameter {
	for i := range q.Parameters {
		if q.Parameters[i].Name == name {
			return &q.Parameters[i]
		}
	}
	return nil
}

// Format writes a query as YAML.
func Format(q *Query) ([]byte, error) {
	// JSON is YAML, and leaves out what is not set.
	text, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("cannot write the query %q: %w", q.ID, err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("cannot write the query %q: %w", q.ID, err)
	}
	restyle(&doc)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&doc); err != nil {
		return nil, fmt.Errorf("cannot write the query %q: %w", q.ID, err)
	}
	return out.Bytes(), nil
}

// restyle takes quotes away where YAML needs none, and writes texts of several lines as
// such.
func restyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	for _, child := range n.Content {
		restyle(child)
	}
}
