package config

import (
	"cmp"
	"fmt"
)

// TopicNames returns the names of the topics; those that are not set are made of that
// of the raw topic.
func (q *QuarantineTopics) TopicNames(raw string) (quarantine, dead, transitions string) {
	return cmp.Or(q.Quarantine, raw+".quarantine"), cmp.Or(q.DeadLetters, raw+".dead-letters"), cmp.Or(q.Transitions, raw+".quarantine-acts")
}

func (v *validator) quarantine(c *Config) {
	q := &c.Quarantine
	held, dead, acts := q.Topics.TopicNames(c.Log.Topic)
	taken := map[string]string{c.Log.Topic: "log.topic"}
	for _, t := range []struct{ path, name string }{
		{"quarantine.topics.quarantine", held}, {"quarantine.topics.dead_letters", dead}, {"quarantine.topics.transitions", acts},
	} {
		if other, ok := taken[t.name]; ok {
			v.fail(t.path, "is %q, as %s is; each topic holds one kind of message", t.name, other)
		}
		taken[t.name] = t.path
	}
	seen := make(map[string]int)
	for i, l := range q.Limits {
		path := fmt.Sprintf("quarantine.limits[%d].category", i)
		if first, ok := seen[l.Category]; ok {
			v.fail(path, "is %q, as quarantine.limits[%d] is already", l.Category, first)
		}
		seen[l.Category] = i
	}
	for i, r := range q.Repairs {
		if r.Source == "" {
			continue
		}
		known := r.Source == "onlineretail" // comes with the platform
		for j := range c.Sources {
			known = known || c.Sources[j].Name == r.Source
		}
		if !known {
			v.fail(fmt.Sprintf("quarantine.repairs[%d].source", i), "is %q, which is no source of this configuration", r.Source)
		}
	}
}
