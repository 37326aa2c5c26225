package config

import (
	"fmt"
	"path"
	"strings"
)

// files checks what the settings of files, sftp and s3 mean together.
func (v *validator) files(c *Config) {
	for i := range c.Sources {
		s, at := &c.Sources[i], fmt.Sprintf("sources[%d]", i)
		v.selection(s, at+".files")
		if s.SFTP.Address != "" {
			v.sftp(&s.SFTP, at+".sftp")
		}
		if s.S3.Bucket != "" && (s.S3.AccessKey == "") != (s.S3.SecretKey == "") {
			v.fail(at+".s3", "has one of access_key and secret_key; give both, or none to use those of the environment")
		}
		if s.S3.After == "move" && s.S3.Prefix != "" && strings.HasPrefix(s.S3.Prefix, donePrefix(&s.S3)) {
			v.fail(at+".s3.done_prefix", "holds the prefix that objects are taken from")
		}
	}
}

func donePrefix(s *S3Source) string {
	if s.DonePrefix == "" {
		return "done/"
	}
	return s.DonePrefix
}

func (v *validator) selection(s *Source, at string) {
	f := &s.Files
	folder := s.Inbox != "" || s.SFTP.Address != "" || s.S3.Bucket != ""
	set := len(f.Patterns) > 0 || f.Manifest != "" || f.Order != "" || f.MaxBytes > 0 || f.MaxFiles > 0 || f.Increasing
	if set && !folder {
		v.fail(at, "is set, but the source has no folder; give it inbox, sftp or s3")
	}
	for j, p := range f.Patterns {
		if _, err := path.Match(p, ""); err != nil || strings.Contains(p, "/") {
			v.fail(fmt.Sprintf("%s.patterns[%d]", at, j), "is %q, which is no pattern of names such as orders-*.csv", p)
		}
	}
	if strings.Contains(f.Manifest, "/") || strings.Count(f.Manifest, "*") > 1 || f.Manifest == "*" {
		v.fail(at+".manifest", "is %q; it must be a name such as _SUCCESS, or have one star, such as *.done", f.Manifest)
	}
	if f.Increasing && f.Order == "time" {
		v.fail(at+".increasing", "goes by name; order is time")
	}
	if f.Increasing && f.Manifest != "" {
		v.fail(at+".increasing", "cannot be used with a manifest, which sorts behind its files")
	}
}

func (v *validator) sftp(s *SFTPSource, at string) {
	if s.User == "" {
		v.fail(at+".user", "is missing")
	}
	if s.Password == "" && s.PrivateKey == "" && s.PrivateKeyFile == "" {
		v.fail(at+".password", "is missing; give a password, private_key or private_key_file")
	}
	if len(s.HostKeys) == 0 && s.KnownHosts == "" {
		v.fail(at+".host_keys", "is missing; pin the server's key by its fingerprint, which 'ssh-keyscan HOST | ssh-keygen -lf -' prints, or give known_hosts")
	}
	for j, k := range s.HostKeys {
		if !strings.HasPrefix(k, "SHA256:") {
			v.fail(fmt.Sprintf("%s.host_keys[%d]", at, j), "is %q; it must be a fingerprint that begins with SHA256:", k)
		}
	}
}
