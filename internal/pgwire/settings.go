package pgwire

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// reported are the settings that clients are told when they start, and when they change.
var reported = []string{
	"server_version", "server_encoding", "client_encoding", "application_name", "is_superuser", "session_authorization",
	"DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes", "standard_conforming_strings", "default_transaction_read_only", "in_hot_standby",
}

// properNames are the names that SHOW writes otherwise than they are asked for.
var properNames = map[string]string{"timezone": "TimeZone", "datestyle": "DateStyle", "intervalstyle": "IntervalStyle"}

// serverVersion is the version of PostgreSQL whose behaviour is followed: clients choose
// their catalogue queries by it.
const serverVersion = "14.0"

// maxSettings bounds the settings that a client may make up.
const maxSettings = 256

// settings are those of a session, by lower-case name.
type settings struct {
	defaults map[string]string
	changed  map[string]string
	timeout  time.Duration // of a statement; 0: that of the platform
}

// prepareSettings makes the settings of a client from what it asked for at the start.
func (c *session) prepareSettings(asked map[string]string) error {
	c.settings = settings{changed: make(map[string]string), defaults: map[string]string{
		"server_version": serverVersion + " (Millrace " + c.server.cfg.Version + ")", "server_version_num": "140000",
		"server_encoding": "UTF8", "client_encoding": "UTF8", "application_name": "", "is_superuser": "off",
		"session_authorization": c.user.Name, "datestyle": "ISO, MDY", "intervalstyle": "postgres", "timezone": "UTC",
		"integer_datetimes": "on", "standard_conforming_strings": "on", "default_transaction_read_only": "on", "in_hot_standby": "off",
		"transaction_read_only": "on", "transaction_isolation": "repeatable read", "default_transaction_isolation": "repeatable read",
		"search_path": "main", "statement_timeout": "0", "extra_float_digits": "1", "bytea_output": "hex", "lc_collate": "C", "lc_ctype": "C",
		"max_index_keys": "32", "max_identifier_length": "63", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
		"row_security": "on", "jit": "off", "backslash_quote": "safe_encoding", "escape_string_warning": "on", "synchronous_commit": "on",
		"ssl_renegotiation_limit": "0", "client_min_messages": "notice", "geqo": "on", "enable_seqscan": "on",
	}}
	for name, value := range asked {
		switch name {
		case "user", "database", "replication":
		case "options":
			for key, v := range startOptions(value) {
				if err := c.settings.set(key, v); err != nil {
					return err
				}
			}
		default:
			if strings.HasPrefix(name, "_pq_.") {
				continue
			}
			if err := c.settings.set(name, value); err != nil {
				return err
			}
		}
	}
	maps.Copy(c.settings.defaults, c.settings.changed) // what RESET goes back to
	return nil
}

// startOptions reads "-c name=value" of the start message.
func startOptions(text string) map[string]string {
	out := make(map[string]string)
	fields := strings.Fields(text)
	for i, f := range fields {
		if f == "-c" && i+1 < len(fields) {
			f = "-c" + fields[i+1]
		}
		if rest, ok := strings.CutPrefix(f, "-c"); ok {
			if name, value, ok := strings.Cut(rest, "="); ok {
				out[name] = value
			}
		}
	}
	return out
}

// set takes the settings that change something here, and keeps the others as they are.
func (s *settings) set(name, value string) error {
	name = strings.ToLower(name)
	switch name {
	case "client_encoding":
		if encoding := strings.ToUpper(strings.ReplaceAll(value, "-", "")); encoding != "UTF8" && encoding != "UNICODE" && encoding != "SQL_ASCII" && encoding != "" {
			return fail(codeBadValue, "the encoding %q is not spoken here: use UTF8", value)
		}
		value = "UTF8"
	case "statement_timeout":
		timeout, err := milliseconds(value)
		if err != nil {
			return err
		}
		s.timeout = timeout
	case "server_version", "server_version_num", "server_encoding", "is_superuser", "integer_datetimes", "session_authorization":
		return fail("55P02", "parameter %q cannot be changed", name)
	case "standard_conforming_strings":
		if !strings.EqualFold(value, "on") && !strings.EqualFold(value, "true") && value != "1" {
			return fail(codeBadValue, "standard_conforming_strings is always on")
		}
		value = "on"
	case "datestyle", "timezone", "intervalstyle":
		// Times are UTC and written in ISO's form, whatever is asked for; clients that
		// are told otherwise would read them wrongly.
		value = s.defaults[name]
	}
	if len(s.changed) >= maxSettings {
		return fail(codeTooLarge, "the connection has %d settings already", len(s.changed))
	}
	s.changed[name] = value
	return nil
}

func (s *settings) lookup(name string) (string, bool) {
	name = strings.ToLower(name)
	if v, ok := s.changed[name]; ok {
		return v, true
	}
	v, ok := s.defaults[name]
	return v, ok
}

func (s *settings) get(name string) string {
	v, _ := s.lookup(name)
	return v
}

// all returns a copy.
func (s *settings) all() map[string]string {
	all := maps.Clone(s.defaults)
	maps.Copy(all, s.changed)
	return all
}

func (s *settings) sorted() []string { return slices.Sorted(maps.Keys(s.all())) }

func (s *settings) reset() {
	s.changed, s.timeout = make(map[string]string), 0
}
