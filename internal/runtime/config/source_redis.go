package config

// RedisSource configures a stream of Redis as a source.
type RedisSource struct {
	Address string `yaml:"address" check:"address" desc:"Address of the server, such as redis:6379. Empty: no such source."`
}
