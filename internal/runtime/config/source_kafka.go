package config

// KafkaSource configures a topic of another Kafka cluster as a source.
type KafkaSource struct {
	Brokers []string `yaml:"brokers" check:"addresses" desc:"Bootstrap brokers of the cluster. Empty: no such source."`
}
