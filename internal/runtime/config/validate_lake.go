package config

// lake checks how long rows are kept, and where.
func (v *validator) lake(c *Config) {
	l := &c.Lake
	if l.KeepDays.Events > 0 && l.KeepDays.Events < l.HotDays {
		v.fail("lake.keep_days.events", "is %d; it must be 0 or at least lake.hot_days, which is %d: rows would leave the lake while the analytics store still has them", l.KeepDays.Events, l.HotDays)
	}
	if l.S3.Bucket == "" && (l.S3.Endpoint != "" || l.S3.Prefix != "" || l.S3.AccessKey != "") {
		v.fail("lake.s3.bucket", "is empty; name the bucket of lake.s3, or remove the other settings of it")
	}
	if (l.S3.AccessKey == "") != (l.S3.SecretKey == "") {
		v.fail("lake.s3", "needs both access_key and secret_key, or none of them")
	}
	if l.Catalog.Token != "" && l.Catalog.Credential != "" {
		v.fail("lake.catalog", "has token and credential; give one of them")
	}
	if l.Catalog.URI == "" && (l.Catalog.Token != "" || l.Catalog.Credential != "") {
		v.fail("lake.catalog.uri", "is empty; give the address of the catalogue that lake.catalog says how to speak to")
	}
}
