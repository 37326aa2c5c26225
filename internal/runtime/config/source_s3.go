package config

// S3Source configures a bucket as a source.
type S3Source struct {
	Bucket string `yaml:"bucket" desc:"Name of the bucket. Empty: no such source."`
}
