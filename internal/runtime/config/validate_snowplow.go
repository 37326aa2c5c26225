package config

import "fmt"

// snowplow checks the app ids of all sources: one names one source.
func (v *validator) snowplow(c *Config) {
	owner := make(map[string]string)
	for i := range c.Sources {
		s := &c.Sources[i]
		for k, app := range s.Snowplow.AppIDs {
			path := fmt.Sprintf("sources[%d].snowplow.app_ids[%d]", i, k)
			switch other, taken := owner[app]; {
			case app == "":
				v.fail(path, "must not be empty")
			case taken && other != s.Name:
				v.fail(path, "is %q, which is an app id of source %q, too; give each its own", app, other)
			}
			owner[app] = s.Name
		}
		if len(s.Snowplow.AppIDs) > 0 && s.Adapter != "snowplow" {
			v.fail(fmt.Sprintf("sources[%d].snowplow", i), "is of a source with the adapter %q; app ids need the adapter snowplow", s.Adapter)
		}
	}
}
