package app

import (
	"cmp"
	"time"

	s3folder "github.com/millrace/millrace/internal/source/file/s3"
)

// s3Connectors makes the connectors of a source that has sources[].s3.
func (p *platform) s3Connectors(s source) ([]connector, error) {
	c := &s.S3
	if c.Bucket == "" {
		return nil, nil
	}
	folder, err := s3folder.New(s3folder.Config{
		Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, PathStyle: c.PathStyle,
		AccessKey: string(c.AccessKey), SecretKey: string(c.SecretKey), Session: string(c.SessionToken), CAFile: c.CAFile,
		After: s3folder.After(c.After), DonePrefix: c.DonePrefix, FailedPrefix: c.FailedPrefix, Timeout: c.Timeout,
	})
	if err != nil {
		return nil, err
	}
	const poll = 30 * time.Second
	return p.watch(s, "s3", folder, cmp.Or(c.PollInterval, poll), 0), nil
}
