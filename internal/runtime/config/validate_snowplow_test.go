package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/runtime/config"
)

func TestAnAppIDNamesOneSource(t *testing.T) {
	for name, c := range map[string]struct{ sources, want string }{
		"good": {"  - {name: a, adapter: snowplow, snowplow: {app_ids: [x, y]}}\n  - {name: b, adapter: snowplow, snowplow: {app_ids: [z]}}\n", ""},
		"shared": {"  - {name: a, adapter: snowplow, snowplow: {app_ids: [x]}}\n  - {name: b, adapter: snowplow, snowplow: {app_ids: [x]}}\n",
			`sources[1].snowplow.app_ids[0] is "x", which is an app id of source "a", too; give each its own`},
		"empty":         {"  - {name: a, adapter: snowplow, snowplow: {app_ids: [\"\"]}}\n", "sources[0].snowplow.app_ids[0] must not be empty"},
		"other adapter": {"  - {name: a, adapter: native, snowplow: {app_ids: [x]}}\n", `sources[0].snowplow is of a source with the adapter "native"; app ids need the adapter snowplow`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "millrace.yaml")
			if err := os.WriteFile(path, []byte("sources:\n"+c.sources), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load(path, nil)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}
