package config

// AMQPSource configures a queue of RabbitMQ as a source.
type AMQPSource struct {
	URL         Secret   `yaml:"url" desc:"Connection URL, such as amqp://user:password@host:5672/ or, with TLS, amqps://user:password@host:5671/. A virtual host follows the last slash. Empty: no such source."`
	TLS         TLS      `yaml:"tls" desc:"Authorities and client certificate of an amqps URL."`
	Queue       string   `yaml:"queue" desc:"Name of the queue. It is declared, durable, unless it is there."`
	Existing    bool     `yaml:"existing" desc:"Do not declare the queue; wait until it is there."`
	Type        string   `yaml:"type" oneof:"|quorum|classic" desc:"Type that the queue is declared with. Empty: quorum."`
	Exchange    string   `yaml:"exchange" desc:"Exchange to bind the queue to, with each of binding_keys. It must exist."`
	BindingKeys []string `yaml:"binding_keys" desc:"Keys of the bindings, such as order.* of a topic exchange."`
	Prefetch    int      `yaml:"prefetch" min:"0" max:"65535" desc:"Messages that may wait for their acknowledgement. 0: 2000."`
	Headers     []string `yaml:"headers" desc:"Headers that the adapter is told, beside message id, routing key and exchange. '*' is all."`
}
