package app

import (
	"cmp"
	"fmt"
	"os"
	"time"

	filesource "github.com/millrace/millrace/internal/source/file"
	sftpfolder "github.com/millrace/millrace/internal/source/file/sftp"
)

// sftpConnectors makes the connectors of a source that has sources[].sftp.
func (p *platform) sftpConnectors(s source) ([]connector, error) {
	c := &s.SFTP
	if c.Address == "" {
		return nil, nil
	}
	key := []byte(c.PrivateKey)
	if len(key) == 0 && c.PrivateKeyFile != "" {
		text, err := os.ReadFile(c.PrivateKeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read its private key: %w", err)
		}
		key = text
	}
	if len(key) == 0 {
		key = nil
	}
	folder, err := sftpfolder.New(sftpfolder.Config{
		Address: c.Address, User: c.User, Password: string(c.Password), PrivateKey: key, Passphrase: string(c.Passphrase),
		HostKeys: c.HostKeys, KnownHosts: c.KnownHosts, Path: c.Path, Recursive: c.Recursive, After: sftpfolder.After(c.After),
		DoneDir: c.DoneDir, FailedDir: c.FailedDir, Timeout: c.Timeout, KeepAlive: c.KeepAlive, Clock: p.clock,
	})
	if err != nil {
		return nil, err
	}
	const poll, settle = 10 * time.Second, 5 * time.Second
	return p.watch(s, "sftp", folder, cmp.Or(c.PollInterval, poll), cmp.Or(c.Settle, settle)), nil
}

// watch makes the connector of a folder.
func (p *platform) watch(s source, kind string, folder filesource.Folder, poll, settle time.Duration) []connector {
	return []connector{filesource.Watch(filesource.WatchConfig{
		Files: p.files, Folder: folder, Kind: kind, Source: s.Name, Adapter: s.adapter, Select: selection(s), ReplyDir: s.EDI.Directory,
		PollInterval: poll, Settle: settle, Clock: p.clock, Logger: p.log, Random: p.random.Float64,
	})}
}

// selection says which files of a source's folder are taken.
func selection(s source) filesource.Selection {
	f := &s.Files
	return filesource.Selection{
		Patterns: f.Patterns, Manifest: f.Manifest, ByTime: f.Order == "time", MaxBytes: int64(f.MaxBytes), MaxFiles: f.MaxFiles,
		Increasing: f.Increasing,
	}
}
