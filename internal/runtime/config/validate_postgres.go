package config

import (
	"regexp"
	"strings"
)

var replicationSlot = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)

// postgres checks the settings of a PostgreSQL source against each other. What
// the URL holds is never shown.
func (v *validator) postgres(path string, s *PostgresSource) {
	tables := len(s.Tables) > 0
	switch {
	case s.URL == "":
		if tables || s.Outbox.Table != "" || s.Slot != "" || s.Publication != "" {
			v.fail(path+".url", "is empty, but other settings are there; say where the database is")
		}
		return
	case tables && s.Outbox.Table != "":
		v.fail(path, "has tables and outbox; an outbox is a source of its own")
	case !tables && s.Outbox.Table == "":
		v.fail(path, "has neither tables nor outbox.table; name what to take")
	}
	if url := string(s.URL); !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		v.fail(path+".url", "must be a URL such as postgres://user:password@host:5432/shop")
	}
	if s.Slot != "" && !replicationSlot.MatchString(s.Slot) {
		v.fail(path+".slot", "is %q; it must be 1 to 63 lower-case letters, digits or _", s.Slot)
	}
}
