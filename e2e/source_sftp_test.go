//go:build sources

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/internal/servicetest"
)

func TestFilesOfAnSFTPServerThroughKills(t *testing.T) {
	t.Parallel()
	s := servicetest.OpenSSH(t)
	k := &killScene{t: t, peer: s.Service, args: configured(t, fmt.Sprintf(`
sources:
  - name: shop
    adapter: native
    files: {manifest: "*.done"}
    sftp:
      address: %s
      user: %s
      private_key: %q
      passphrase: %q
      host_keys: [%q]
      path: %q
      after: move
      poll_interval: 50ms
      settle: 1ms
`, s.Address, s.User, s.PrivateKey, s.Passphrase, s.Fingerprint, s.Files))}
	k.put = func(name string, data []byte) {
		for _, f := range []struct {
			name string
			data []byte
		}{{name, data}, {name + ".done", nil}} {
			if err := os.WriteFile(filepath.Join(s.Files, f.name), f.data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	done := filepath.Join(s.Files, "done")
	k.left = func() int {
		return killFiles - (countFiles(t, done, "") - countFiles(t, done, ".done"))
	}
	k.run()
	if got := countFiles(t, filepath.Join(s.Files, "failed"), ""); got != 0 {
		t.Errorf("%d files failed", got)
	}
}
