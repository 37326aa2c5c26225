//go:build sources

package sftpfolder_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	filesource "github.com/millrace/millrace/internal/source/file"
	sftpfolder "github.com/millrace/millrace/internal/source/file/sftp"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines are native events, numbered.
func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `{"id":"e-%d","type":"order_completed","customer_id":"c%d"}`+"\n", i, i%10)
	}
	return b.String()
}

func settings(s *servicetest.SSHD) sftpfolder.Config {
	return sftpfolder.Config{
		Address: s.Address, User: s.User, PrivateKey: s.PrivateKey, Passphrase: s.Passphrase, HostKeys: []string{s.Fingerprint},
		Path: s.Files, Clock: clock.Real(),
	}
}

func watcher(t *testing.T, cfg sftpfolder.Config, l *resumetest.Log, sel filesource.Selection) *filesource.Watcher {
	t.Helper()
	folder, err := sftpfolder.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	return filesource.Watch(filesource.WatchConfig{
		Files: filesource.New(filesource.Config{
			Clock: clock.Real(), Log: &resume.Log{Appender: l, Tail: l, Cursors: l, Clock: clock.Real()}, ChunkBytes: 4096,
		}),
		Folder: folder, Kind: "sftp", Source: "shop", Adapter: native.New(), Select: sel, Clock: clock.Real(), PollInterval: 10 * time.Millisecond,
	})
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

func poll(t *testing.T, w *filesource.Watcher) {
	t.Helper()
	if err := w.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfAServer(t *testing.T) {
	s := servicetest.OpenSSH(t)
	fill := func() {
		put(t, filepath.Join(s.Files, "a.jsonl"), lines(0, 5))
		put(t, filepath.Join(s.Files, "b.txt"), lines(0, 5))
		put(t, filepath.Join(s.Files, "bad.jsonl.gz"), "no gzip")
		put(t, filepath.Join(s.Files, "deep/er/c.jsonl"), lines(5, 9))
		put(t, filepath.Join(s.Files, "d.jsonl.part"), lines(0, 5))
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(s.Files, "link.jsonl")); err != nil {
		t.Fatal(err)
	}
	sel := filesource.Selection{Patterns: []string{"*.jsonl", "*.gz"}}

	t.Run("keep", func(t *testing.T) {
		fill()
		l, cfg := resumetest.New(), settings(s)
		cfg.Recursive = true
		w := watcher(t, cfg, l, sel)
		poll(t, w)
		poll(t, w)
		if l.Total() != 9 {
			t.Errorf("%d records", l.Total())
		}
		poll(t, watcher(t, cfg, l, sel)) // another process
		if l.Total() != 9 {
			t.Errorf("%d records after a restart", l.Total())
		}
		put(t, filepath.Join(s.Files, "a.jsonl"), lines(0, 7)) // another content is another file
		poll(t, w)
		if l.Total() != 16 {
			t.Errorf("%d records after a change", l.Total())
		}
	})
	t.Run("move", func(t *testing.T) {
		fill()
		l, cfg := resumetest.New(), settings(s)
		cfg.Recursive, cfg.After, cfg.HostKeys, cfg.KnownHosts = true, sftpfolder.Move, nil, s.KnownHosts
		w := watcher(t, cfg, l, sel)
		poll(t, w)
		fill()
		poll(t, w)
		want := "b.txt d.jsonl.part done/a.jsonl done/a.jsonl.2 done/deep/er/c.jsonl done/deep/er/c.jsonl.2 failed/bad.jsonl.gz failed/bad.jsonl.gz.2 link.jsonl"
		if got := tree(t, s.Files); got != want || l.Total() != 18 {
			t.Errorf("%d records; the folder holds %s", l.Total(), got)
		}
	})
	t.Run("delete", func(t *testing.T) {
		fill()
		l, cfg := resumetest.New(), settings(s)
		cfg.After = sftpfolder.Delete
		w := watcher(t, cfg, l, sel)
		poll(t, w)
		poll(t, w)
		if got := tree(t, s.Files); strings.Contains(got, "a.jsonl ") && !strings.Contains(got, "done/a.jsonl") || !strings.Contains(got, "bad.jsonl.gz ") || l.Total() != 5 {
			t.Errorf("%d records; the folder holds %s", l.Total(), got)
		}
	})
}

func TestAServerWithAnotherKeyIsRefused(t *testing.T) {
	s, other := servicetest.OpenSSH(t), servicetest.OpenSSH(t)
	for name, change := range map[string]func(*sftpfolder.Config){
		"fingerprint": func(c *sftpfolder.Config) { c.HostKeys = []string{other.Fingerprint} },
		"known hosts": func(c *sftpfolder.Config) { c.HostKeys, c.KnownHosts = nil, other.KnownHosts },
	} {
		cfg := settings(s)
		change(&cfg)
		err := watcher(t, cfg, resumetest.New(), filesource.Selection{}).Poll(t.Context())
		if !errors.Is(err, sftpfolder.ErrHostKey) && (err == nil || !strings.Contains(err.Error(), sftpfolder.ErrHostKey.Error())) {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), s.Fingerprint) {
			t.Errorf("%s: the error does not say what the server shows: %v", name, err)
		}
	}
	cfg := settings(s)
	cfg.User = "nobody-of-that-name"
	if err := watcher(t, cfg, resumetest.New(), filesource.Selection{}).Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("a wrong user: %v", err)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	s := servicetest.OpenSSH(t)
	for want, change := range map[string]func(*sftpfolder.Config){
		"neither a password nor a private key": func(c *sftpfolder.Config) { c.PrivateKey = nil },
		"no host key is pinned":                func(c *sftpfolder.Config) { c.HostKeys = nil },
		"is no fingerprint":                    func(c *sftpfolder.Config) { c.HostKeys = []string{"ssh-ed25519 AAAA"} },
		"its passphrase is needed":             func(c *sftpfolder.Config) { c.Passphrase = "" },
		"cannot read the private key":          func(c *sftpfolder.Config) { c.PrivateKey = []byte("x") },
		"cannot read the known hosts":          func(c *sftpfolder.Config) { c.HostKeys, c.KnownHosts = nil, "/nowhere" },
	} {
		cfg := settings(s)
		change(&cfg)
		if _, err := sftpfolder.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A server that dies while a file is read, again and again, costs nothing.
func TestAFileIsReadThroughDeathsOfTheServer(t *testing.T) {
	s := servicetest.OpenSSH(t)
	const n = 60_000
	put(t, filepath.Join(s.Files, "a.jsonl"), lines(0, n))
	l := resumetest.New()
	var once [4]sync.Once
	down := make(chan struct{}, len(once))
	l.OnAppend = func(total int) {
		for i := range once {
			if total > (i+1)*n/5 {
				once[i].Do(func() { down <- struct{}{} })
			}
		}
	}
	cfg := settings(s)
	cfg.After = sftpfolder.Move
	w := watcher(t, cfg, l, filesource.Selection{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for deaths := 0; ; {
		select {
		case <-down:
			s.Kill()
			deaths++
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			continue
		case <-time.After(10 * time.Millisecond):
		}
		if strings.Contains(tree(t, s.Files), "done/a.jsonl") {
			t.Logf("%d deaths", deaths)
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if l.Total() != n {
		t.Errorf("%d records, want %d", l.Total(), n)
	}
}

func TestAManifestOnAServer(t *testing.T) {
	s := servicetest.OpenSSH(t)
	cfg := settings(s)
	cfg.After, cfg.Recursive = sftpfolder.Move, true
	l := resumetest.New()
	w := watcher(t, cfg, l, filesource.Selection{Manifest: "_SUCCESS"})
	put(t, filepath.Join(s.Files, "mon/a.jsonl"), lines(0, 5))
	put(t, filepath.Join(s.Files, "tue/a.jsonl"), lines(5, 9))
	put(t, filepath.Join(s.Files, "tue/_SUCCESS"), "")
	poll(t, w)
	if got := tree(t, s.Files); got != "done/tue/_SUCCESS done/tue/a.jsonl mon/a.jsonl" || l.Total() != 4 {
		t.Errorf("%d records; the folder holds %s", l.Total(), got)
	}
}

// What replaces a file while it is read has not been read: it stays, and is taken
// at a later look.
func TestAFileThatIsReplacedWhileItIsReadIsLeft(t *testing.T) {
	for _, after := range []sftpfolder.After{sftpfolder.Move, sftpfolder.Delete} {
		s := servicetest.OpenSSH(t)
		path := filepath.Join(s.Files, "a.jsonl")
		put(t, path, lines(0, 5))
		l, cfg := resumetest.New(), settings(s)
		cfg.After = after
		var once sync.Once
		l.OnAppend = func(int) { once.Do(func() { put(t, path, lines(0, 7)) }) }
		w := watcher(t, cfg, l, filesource.Selection{})
		poll(t, w)
		if got := tree(t, s.Files); got != "a.jsonl" {
			t.Fatalf("%s: the folder holds %s", after, got)
		}
		poll(t, w)
		if l.Total() != 12 {
			t.Errorf("%s: %d records", after, l.Total())
		}
	}
}
