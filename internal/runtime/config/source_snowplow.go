package config

// SnowplowSource configures how the trackers of a Snowplow source are recognised.
type SnowplowSource struct {
	AppIDs []string `yaml:"app_ids" desc:"App ids of trackers that send no write key. Whoever knows one may send: it stands in the shop's pages."`
}
