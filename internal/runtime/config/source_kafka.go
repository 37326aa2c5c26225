package config

// KafkaSource configures topics of another Kafka cluster as a source.
type KafkaSource struct {
	Brokers   []string      `yaml:"brokers" check:"addresses" desc:"Bootstrap brokers of the cluster. Empty: no such source."`
	Topics    []string      `yaml:"topics" desc:"Topics to take events from."`
	TLS       TLS           `yaml:"tls" desc:"Encryption towards its brokers."`
	SASL      SASL          `yaml:"sasl" desc:"Authentication towards its brokers."`
	Start     string        `yaml:"start" oneof:"|earliest|latest" desc:"Where a new source begins in a topic. Empty: earliest."`
	Isolation string        `yaml:"isolation" oneof:"|read_committed|read_uncommitted" desc:"Whether records of transactions that are open or were aborted are left out. Empty: read_committed."`
	Group     string        `yaml:"group" check:"topic-or-empty" desc:"Consumer group whose offsets follow what the log has, so that tools show the lag. It decides nothing: the source keeps its own position. Empty: none."`
	Format    string        `yaml:"format" oneof:"|json|avro|protobuf" desc:"What values are. json: what the adapter reads, as it is. avro and protobuf: Confluent's wire format, which becomes one JSON object. Empty: json."`
	Registry  RegistryLogin `yaml:"registry" desc:"Schema registry of avro and protobuf."`
	Headers   []string      `yaml:"headers" desc:"Headers that the adapter is told, beside topic and key. '*' is all."`
}

// RegistryLogin is a schema registry with what it asks for.
type RegistryLogin struct {
	URL      string `yaml:"url" check:"url" desc:"URL of a registry with Confluent's API, such as http://registry:8081; Millrace's own is http://HOST:8080/registry."`
	Username string `yaml:"username" desc:"User name."`
	Password Secret `yaml:"password" desc:"Password."`
	TLS      TLS    `yaml:"tls" desc:"Authorities and client certificate of an https URL."`
}
