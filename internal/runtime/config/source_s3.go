package config

import "time"

// S3Source configures a bucket as a source.
type S3Source struct {
	Bucket       string        `yaml:"bucket" desc:"Name of the bucket. Empty: no such source."`
	Prefix       string        `yaml:"prefix" desc:"What the keys of objects begin with, such as in/. It is no part of their names."`
	Endpoint     string        `yaml:"endpoint" check:"url" desc:"URL of the store. Empty: https://s3.amazonaws.com."`
	Region       string        `yaml:"region" desc:"Region of the bucket. Empty: it is asked for."`
	PathStyle    bool          `yaml:"path_style" desc:"Name the bucket in the path of URLs and not in the host's name, as many stores want it."`
	AccessKey    Secret        `yaml:"access_key" desc:"Access key. Empty: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment."`
	SecretKey    Secret        `yaml:"secret_key" desc:"Secret key."`
	SessionToken Secret        `yaml:"session_token" desc:"Token of temporary keys."`
	CAFile       string        `yaml:"ca_file" desc:"File of certificates to trust. Empty: those of the system."`
	After        string        `yaml:"after" oneof:"|keep|tag|move|delete" desc:"What becomes of an object that has been taken: keep leaves it and remembers it by key and etag, tag does so too and sets the tag millrace to done or failed. One that has failed is never deleted. Default keep."`
	DonePrefix   string        `yaml:"done_prefix" desc:"Where after: move puts objects. Default done/."`
	FailedPrefix string        `yaml:"failed_prefix" desc:"Where after: move puts objects that have failed. Default failed/."`
	PollInterval time.Duration `yaml:"poll_interval" min:"0s" max:"24h" desc:"How often the bucket is listed. Default 30s; 0s means that."`
	Timeout      time.Duration `yaml:"timeout" min:"0s" max:"1h" desc:"How long the store may take until its answer begins. Default 30s; 0s means that."`
}
