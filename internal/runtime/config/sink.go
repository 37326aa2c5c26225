package config

import "time"

// Sink is a destination outside that the messages of a topic go to. One of its sections
// says where.
type Sink struct {
	Name         string        `yaml:"name" check:"name" desc:"Name of the sink. Its cursor is kept under it."`
	Topic        string        `yaml:"topic" check:"topic-or-empty" desc:"Topic of the log that is delivered: one that a job writes, that of a source, or that of raw events."`
	Output       string        `yaml:"output" desc:"Instead of a topic: the table or live feed of a job. Its results go to the topic millrace.output.NAME as well, from now on, and from there to the destination."`
	Start        string        `yaml:"start" oneof:"|earliest|latest" desc:"Where a new sink begins in the topic. Empty: earliest."`
	DeadLetters  string        `yaml:"dead_letters" check:"topic-or-empty" desc:"Topic for messages that the destination refuses for good. Empty: the sink waits at such a message."`
	BatchRecords int           `yaml:"batch_records" min:"0" max:"100000" desc:"Most messages of one delivery. 0: 1000."`
	BatchBytes   Bytes         `yaml:"batch_bytes" min:"0B" max:"256MiB" desc:"Most bytes of one delivery; a longer message goes alone. 0B: 4MiB; of objects in a bucket 16MiB."`
	Linger       time.Duration `yaml:"linger" min:"0s" max:"1h" desc:"How long messages wait for a delivery to fill. 0s: they go as they come; to a bucket after 1m."`

	Webhook  WebhookSink  `yaml:"webhook" desc:"POST to a URL."`
	AMQP     AMQPSink     `yaml:"amqp" desc:"An exchange of RabbitMQ."`
	Redis    RedisSink    `yaml:"redis" desc:"A stream of Redis."`
	Kafka    KafkaSink    `yaml:"kafka" desc:"A topic of another Kafka cluster."`
	Postgres PostgresSink `yaml:"postgres" desc:"A table of PostgreSQL."`
	S3       S3Sink       `yaml:"s3" desc:"Objects in an S3-compatible bucket."`
}

// WebhookSink configures deliveries by HTTP.
type WebhookSink struct {
	URL         Secret        `yaml:"url" desc:"URL that messages are posted to. Empty: no such sink."`
	Secret      Secret        `yaml:"secret" desc:"Secret that requests are signed with: Millrace-Signature is t=SECONDS,v1=HEX, the HMAC-SHA256 of 't.body'. Empty: they are not signed."`
	Headers     []Secret      `yaml:"headers" desc:"Further headers of each request, as 'Name: value'."`
	BatchSize   int           `yaml:"batch_size" min:"0" max:"10000" desc:"Messages of one request: 1 posts the message itself, more post a JSON array of messages. 0: 1."`
	Concurrency int           `yaml:"concurrency" min:"0" max:"1000" desc:"Requests at once. Messages of one key follow one another in any case. 0: 8."`
	Timeout     time.Duration `yaml:"timeout" min:"0s" max:"10m" desc:"Time that a request may take. 0s: 10s."`
}

// AMQPSink configures deliveries to RabbitMQ.
type AMQPSink struct {
	URL        Secret `yaml:"url" desc:"Connection URL, such as amqp://user:password@host:5672/. Empty: no such sink."`
	Exchange   string `yaml:"exchange" desc:"Exchange to publish to. Empty: the default exchange, where the routing key is the name of a queue."`
	RoutingKey string `yaml:"routing_key" desc:"Routing key of every message. Empty: the message's key."`
}

// RedisSink configures deliveries to a stream of Redis.
type RedisSink struct {
	Address  string `yaml:"address" check:"address" desc:"Address of the server, such as redis:6379. Empty: no such sink."`
	Username string `yaml:"username" desc:"User name. Empty: that of the default user."`
	Password Secret `yaml:"password" desc:"Password."`
	DB       int    `yaml:"db" min:"0" max:"1000" desc:"Number of the database."`
	TLS      bool   `yaml:"tls" desc:"Whether to use TLS."`
	Stream   string `yaml:"stream" desc:"Key of the stream. Empty: the topic's name."`
	MaxLen   int    `yaml:"max_len" min:"0" max:"1000000000" desc:"Length, about, that the stream is trimmed to. 0: it is not trimmed."`
}

// KafkaSink configures deliveries to another Kafka cluster.
type KafkaSink struct {
	Brokers        []string `yaml:"brokers" check:"addresses" desc:"Bootstrap brokers of the cluster. Empty: no such sink."`
	Topic          string   `yaml:"topic" check:"topic-or-empty" desc:"Topic there. Empty: of the same name."`
	PositionsTopic string   `yaml:"positions_topic" check:"topic-or-empty" desc:"Topic there that keeps, in the transactions of the messages, how far the sink is. It is created if need be, and shared by all sinks. Empty: millrace.sinks."`
	TLS            TLS      `yaml:"tls" desc:"Encryption towards its brokers."`
	SASL           SASL     `yaml:"sasl" desc:"Authentication towards its brokers."`
}

// PostgresSink configures deliveries to a table.
type PostgresSink struct {
	URL   Secret   `yaml:"url" desc:"Connection URL, such as postgres://user:password@host:5432/shop. Empty: no such sink."`
	Table string   `yaml:"table" desc:"Table, with or without its schema. Members of a message go to the columns of the same name; others are left out."`
	Key   []string `yaml:"key" desc:"Columns of a unique index: a message replaces the row with the same key, and one without a value deletes it. Empty: each message is a new row."`
}

// S3Sink configures objects of messages, one message per line.
type S3Sink struct {
	Bucket    string `yaml:"bucket" desc:"Name of the bucket. Empty: no such sink."`
	Prefix    string `yaml:"prefix" desc:"What the names of objects begin with, such as shop/."`
	Endpoint  string `yaml:"endpoint" check:"url" desc:"URL of the store. Empty: https://s3.amazonaws.com."`
	Region    string `yaml:"region" desc:"Region of the bucket. Empty: us-east-1."`
	AccessKey string `yaml:"access_key" desc:"Access key."`
	SecretKey Secret `yaml:"secret_key" desc:"Secret key."`
}
