package config

import "fmt"

// edi checks the acknowledgements of all sources.
func (v *validator) edi(c *Config) {
	for i := range c.Sources {
		s := &c.Sources[i]
		path := fmt.Sprintf("sources[%d].edi", i)
		switch {
		case !s.EDI.Acknowledge:
			if s.EDI.Directory != "" {
				v.fail(path+".directory", "needs acknowledge: true")
			}
		case s.Adapter != "x12" && s.Adapter != "edifact":
			v.fail(path+".acknowledge", "is of a source with the adapter %q; only files of x12 and edifact are acknowledged", s.Adapter)
		case s.EDI.Directory == "" && s.Inbox == "":
			v.fail(path+".directory", "is missing: without an inbox, acknowledgements need a folder")
		}
	}
}
