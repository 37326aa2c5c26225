package app

import (
	"crypto/tls"

	"github.com/millrace/millrace/adapter/csv"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/source/intake"
)

// intakeConfig is how messages of a source that cannot be read again come into the log.
func (p *platform) intakeConfig(s source) intake.Config {
	return intake.Config{
		Source: s.Name, Adapter: s.adapter, Appender: p.appender, Meters: p.meters, Clock: p.clock, Space: p.guard,
		Limiter:    p.control.Source(s.Name),
		EventBytes: p.recordBytes(s),
	}
}

// recordBytes bounds a record of a source that fetches its events itself.
func (p *platform) recordBytes(s source) int {
	if n := s.Limits.EventBytes; n > 0 {
		return int(n)
	}
	return int(p.cfg.Limits.LineBytes)
}

// envelope reports whether the source's adapter can be told what a queue knows about a
// message. That of CSV takes the envelope for the header of a file.
func (s source) envelope() bool {
	_, rows := s.adapter.(*csv.Adapter)
	return !rows
}

// tlsOf returns the settings of a client's encryption, nil where it has none.
func tlsOf(t config.TLS, setting string) (*tls.Config, error) {
	if t == (config.TLS{}) {
		return nil, nil
	}
	return eventlog.TLSConfig(t, setting)
}
