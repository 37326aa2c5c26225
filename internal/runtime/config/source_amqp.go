package config

// AMQPSource configures a queue of RabbitMQ as a source.
type AMQPSource struct {
	URL Secret `yaml:"url" desc:"Connection URL, such as amqp://user:password@host:5672/. Empty: no such source."`
}
