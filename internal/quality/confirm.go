package quality

import (
	"crypto/sha256"
	"encoding/hex"
)

// digest names what a rule or correction says, for its confirmation: who confirms one has
// not confirmed another.
func (spec ruleSpec) digest() string {
	spec.Confirmed = ""
	return digestOf(&spec)
}

func (spec correctionSpec) digest() string {
	spec.Confirmed = ""
	return digestOf(&spec)
}

func digestOf(spec any) string {
	sum := sha256.Sum256(canonical(spec))
	return hex.EncodeToString(sum[:4])
}

// agreed reports whether the rule or correction at path is confirmed.
func (s *source) agreed(path, confirmed, digest string) bool {
	if s.Has(path+".confirmed") && confirmed != digest && !s.opts.Unconfirmed {
		s.Fail(path+".confirmed", "%q confirms something else; try the file with 'millrace rules dry-run', and confirm this with %s", confirmed, digest)
	}
	return confirmed == digest
}

// confirm refuses a correction that rewrites every event, unless it is confirmed.
func (s *source) confirm(path string, spec *correctionSpec, c *correction) {
	if c.agreed = s.agreed(path, spec.Confirmed, c.digest); c.agreed || s.opts.Unconfirmed {
		return
	}
	if everywhere := c.when == nil && !c.missing && (s.Has(path+".script") || s.Has(path+".convert.from")); everywhere {
		s.Fail(path, `the correction %q changes every event; limit it with "when", or try the file with 'millrace rules dry-run' and add the line "confirmed: %s"`, c.name, c.digest)
	}
}
