package config

// RedisSource configures a stream of Redis as a source.
type RedisSource struct {
	Address  string `yaml:"address" check:"address" desc:"Address of the server, such as redis:6379. Empty: no such source."`
	Username string `yaml:"username" desc:"User name. Empty: that of the default user."`
	Password Secret `yaml:"password" desc:"Password."`
	DB       int    `yaml:"db" min:"0" max:"1000" desc:"Number of the database."`
	TLS      TLS    `yaml:"tls" desc:"Encryption towards the server."`
	Stream   string `yaml:"stream" desc:"Key of the stream."`
	Start    string `yaml:"start" oneof:"|earliest|latest" desc:"Where a new source begins in the stream. Empty: earliest."`
	Field    string `yaml:"field" desc:"Field of an entry that is the event. Empty: payload, else data, else all fields as a JSON object; '*': always all fields."`
}
