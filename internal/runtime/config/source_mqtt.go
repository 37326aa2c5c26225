package config

// MQTTSource configures topics of an MQTT broker as a source.
type MQTTSource struct {
	URL string `yaml:"url" desc:"URL of the broker, such as tcp://host:1883 or tls://host:8883. Empty: no such source."`
}
