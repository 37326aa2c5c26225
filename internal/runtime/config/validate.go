package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/spell"
)

// Validate checks every setting against what its tags allow, and the settings
// against each other. The error joins all that is wrong; a setting that came
// from a file or a variable is named with its place.
func (c *Config) Validate() error {
	v := validator{origin: c.origin}
	v.section(root(), "", reflect.ValueOf(c).Elem())
	v.log(c)
	v.spool(c)
	v.limits(c)
	v.sources(c)
	v.files(c)
	v.sinks(c)
	v.snowplow(c)
	v.queues(c)
	v.webhooks(c)
	v.edi(c)
	v.quarantine(c)
	v.enrichment(c)
	v.health(c)
	v.escalation(c)
	v.reconcile(c)
	v.lineage(c)
	v.pgwire(c)
	v.lake(c)
	return errors.Join(v.errs...)
}

type validator struct {
	origin map[string]string
	errs   []error
}

// fail reports path, whose place is that of its nearest ancestor that has one.
func (v *validator) fail(path, format string, args ...any) {
	message := path + " " + fmt.Sprintf(format, args...)
	for at := path; at != ""; at = parent(at) {
		if place, ok := v.origin[at]; ok {
			v.errs = append(v.errs, fmt.Errorf("%s: %s", place, message))
			return
		}
	}
	v.errs = append(v.errs, errors.New(message))
}

// parent of "sources[0].name" is "sources[0]", of that "sources".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func (v *validator) section(f *field, path string, value reflect.Value) {
	for i := range f.fields {
		child := &f.fields[i]
		childPath, childValue := join(path, child.key), value.Field(child.index)
		switch child.kind {
		case kindSection:
			v.section(child, childPath, childValue)
		case kindSections:
			for j := range childValue.Len() {
				v.section(child, fmt.Sprintf("%s[%d]", childPath, j), childValue.Index(j))
			}
		case kindList:
			for j := range childValue.Len() {
				v.text(child, fmt.Sprintf("%s[%d]", childPath, j), childValue.Index(j).String())
			}
		case kindText:
			v.text(child, childPath, childValue.String())
		default:
			v.inRange(child, childPath, childValue)
		}
	}
}

func (v *validator) inRange(f *field, path string, value reflect.Value) {
	if f.min == "" {
		return
	}
	low, high := reflect.New(f.typ).Elem(), reflect.New(f.typ).Elem()
	if err := errors.Join(parse(f.kind, f.min, low), parse(f.kind, f.max, high)); err != nil {
		panic(fmt.Sprintf("BUG: the range of %s: %v", f.path, err))
	}
	var inside bool
	if f.kind == kindFloat {
		inside = value.Float() >= low.Float() && value.Float() <= high.Float()
	} else {
		inside = cmp.Compare(value.Int(), low.Int()) >= 0 && cmp.Compare(value.Int(), high.Int()) <= 0
	}
	if !inside {
		v.fail(path, "is %s; it must be from %s to %s", format(value), f.min, f.max)
	}
}

var (
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	topicName  = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)
)

func (v *validator) text(f *field, path, text string) {
	if f.oneof != nil && !slices.Contains(f.oneof, text) {
		allowed := strings.Join(slices.DeleteFunc(slices.Clone(f.oneof), func(s string) bool { return s == "" }), ", ")
		hint := ""
		if near := spell.Nearest(strings.ToLower(text), f.oneof); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		v.fail(path, "is %q; it must be one of %s%s", text, allowed, hint)
	}
	if problem := checkText(f.check, text); problem != "" {
		v.fail(path, "%s", problem)
	}
}

// checkText returns what is wrong with text, "" when nothing is.
func checkText(check, text string) string {
	switch {
	case check == "required" && strings.TrimSpace(text) == "":
		return "must not be empty"
	case check == "name" && !sourceName.MatchString(text):
		return fmt.Sprintf("is %q; it must be 1 to 63 lower-case letters, digits, - or _, and begin with a letter or digit", text)
	case check == "topic" && !topicName.MatchString(text),
		check == "topic-or-empty" && text != "" && !topicName.MatchString(text):
		return fmt.Sprintf("is %q; it must be 1 to 249 letters, digits, '.', '_' or '-'", text)
	case check == "address" && text != "", check == "addresses":
		return checkAddress(text)
	case check == "url" && text != "":
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Sprintf("is %q; it must be a URL such as http://127.0.0.1:4318", text)
		}
	}
	return ""
}

func checkAddress(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err != nil || strings.ContainsAny(text, " \t\n") {
		return fmt.Sprintf("is %q; it must be host:port, such as 127.0.0.1:8080", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("is %q; its port must be a number from 0 to 65535", text)
	}
	return ""
}

func (v *validator) log(c *Config) {
	tls, sasl := c.Log.TLS, c.Log.SASL
	if c.HTTP.Listen == "" {
		v.fail("http.listen", "must not be empty")
	}
	if c.HTTP.Listen == c.Log.Listen && len(c.Log.Brokers) == 0 && !strings.HasSuffix(c.HTTP.Listen, ":0") {
		v.fail("log.listen", "is %s, which http.listen has already; give each its own port", c.Log.Listen)
	}
	if len(c.Log.Brokers) == 0 && (tls.Enabled || sasl.Mechanism != "") {
		v.fail("log", "has tls or sasl, which are for the brokers of a cluster, but log.brokers is empty")
	}
	if !tls.Enabled && (tls.CAFile != "" || tls.CertFile != "" || tls.KeyFile != "" || tls.InsecureSkipVerify) {
		v.fail("log.tls", "is described but not on; set log.tls.enabled: true")
	}
	if (tls.CertFile == "") != (tls.KeyFile == "") {
		v.fail("log.tls", "needs cert_file and key_file together")
	}
	if sasl.Mechanism != "" && (sasl.Username == "" || sasl.Password == "") {
		v.fail("log.sasl", "needs username and password with mechanism %s", sasl.Mechanism)
	}
	if sasl.Mechanism == "" && (sasl.Username != "" || sasl.Password != "") {
		v.fail("log.sasl", "has a username or password but no mechanism")
	}
}

func (v *validator) spool(c *Config) {
	if s := c.Log.Spool; s.SegmentBytes > s.MaxBytes {
		v.fail("log.spool.segment_bytes", "is %s, more than log.spool.max_bytes, which is %s", s.SegmentBytes, s.MaxBytes)
	}
}

func (v *validator) limits(c *Config) {
	l := c.Limits
	ordered := []struct {
		small, large         string
		smallBytes, maxBytes Bytes
	}{
		{"limits.event_bytes", "limits.batch_bytes", l.EventBytes, l.BatchBytes},
		{"limits.event_bytes", "limits.body_bytes", l.EventBytes, l.BodyBytes},
		{"limits.batch_bytes", "log.max_buffered_bytes", l.BatchBytes, c.Log.MaxBufferedBytes},
		{"limits.body_bytes", "log.max_buffered_bytes", l.BodyBytes, c.Log.MaxBufferedBytes},
		{"limits.line_bytes", "log.max_buffered_bytes", l.LineBytes, c.Log.MaxBufferedBytes},
	}
	for _, o := range ordered {
		if o.smallBytes > o.maxBytes {
			v.fail(o.small, "is %s, more than %s, which is %s", o.smallBytes, o.large, o.maxBytes)
		}
	}
}

func (v *validator) sources(c *Config) {
	names, topics, inboxes := map[string]int{}, map[string]int{}, map[string]int{}
	keys := map[string]int{}
	unique := func(seen map[string]int, value, path, what string, i int) {
		if value == "" {
			return
		}
		if first, ok := seen[value]; ok {
			v.fail(path, "%s, as sources[%d] has already; each source needs its own", what, first)
			return
		}
		seen[value] = i
	}
	for i, s := range c.Sources {
		path := fmt.Sprintf("sources[%d]", i)
		unique(names, s.Name, path+".name", fmt.Sprintf("is %q", s.Name), i)
		unique(topics, s.Topic, path+".topic", fmt.Sprintf("is %q", s.Topic), i)
		unique(inboxes, s.Inbox, path+".inbox", fmt.Sprintf("is %q", s.Inbox), i)
		for j, key := range s.WriteKeys {
			unique(keys, string(key), fmt.Sprintf("%s.write_keys[%d]", path, j), "is a key that stands twice", i)
		}
		if s.Topic != "" && s.Topic == c.Log.Topic {
			v.fail(path+".topic", "is %q, the topic of Millrace's own log; take events from another", s.Topic)
		}
		v.postgres(path+".postgres", &c.Sources[i].Postgres)
		v.mysql(path+".mysql", &c.Sources[i].MySQL)
	}
}
