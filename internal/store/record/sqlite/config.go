package sqlite

import (
	"net/url"
	"time"
)

// Config says where the file is.
type Config struct {
	Path string
}

const (
	readers     = 4
	busyTimeout = 10 * time.Second // for a backup that another process takes
)

// dsn is the address of the file for a kind of connection.
func (c Config) dsn(readOnly bool) string {
	q := url.Values{}
	for _, pragma := range []string{
		"busy_timeout(" + busyMillis() + ")", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	} {
		q.Add("_pragma", pragma)
	}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		// A transaction that writes takes the lock at its beginning: one that took it
		// later could find its snapshot outdated.
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: c.Path}).EscapedPath(), RawQuery: q.Encode()}).String()
}
