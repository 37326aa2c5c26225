package config

import (
	"strings"
	"testing"
)

func TestLakeSettings(t *testing.T) {
	for want, change := range map[string]func(*Lake){
		"lake.keep_days.events": func(l *Lake) { l.KeepDays.Events = l.HotDays - 1 },
		"lake.s3.bucket":        func(l *Lake) { l.S3.Endpoint = "http://store:9000" },
		"lake.s3 needs":         func(l *Lake) { l.S3.Bucket, l.S3.AccessKey = "lake", "key" },
		"lake.catalog has":      func(l *Lake) { l.Catalog = LakeCatalog{URI: "http://catalog", Token: "a", Credential: "b:c"} },
		"lake.catalog.uri":      func(l *Lake) { l.Catalog.Token = "a" },
		"":                      func(l *Lake) { l.S3, l.Catalog = LakeS3{Bucket: "lake"}, LakeCatalog{URI: "http://catalog"} },
	} {
		c := Default()
		change(&c.Lake)
		if err := c.Validate(); (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("the error is %v, want one of %q", err, want)
		}
	}
}
