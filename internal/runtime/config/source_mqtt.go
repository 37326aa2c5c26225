package config

import "time"

// MQTTSource configures topics of an MQTT broker as a source.
type MQTTSource struct {
	URL            string        `yaml:"url" desc:"URL of the broker, such as tcp://host:1883 or tls://host:8883. Empty: no such source."`
	TLS            TLS           `yaml:"tls" desc:"Authorities and client certificate of a tls URL."`
	Version        int           `yaml:"version" min:"0" max:"5" desc:"5 for MQTT 5, 3 for MQTT 3.1.1. 0: 5."`
	Username       string        `yaml:"username" desc:"User name."`
	Password       Secret        `yaml:"password" desc:"Password."`
	ClientID       string        `yaml:"client_id" desc:"Name of the session at the broker; no other client may have it. Empty: one that is made for this data folder and source."`
	Topics         []string      `yaml:"topics" desc:"Topics to subscribe to, with QoS 1; + and # stand for levels, as in store/+/till/#."`
	Group          string        `yaml:"group" desc:"Share the messages with all that subscribe in this group ($share/GROUP/…). Empty: this source gets all of them."`
	SessionExpiry  time.Duration `yaml:"session_expiry" min:"0s" max:"8760h" desc:"How long the broker keeps what is missed while nobody is connected (MQTT 5). Default 24h; 0s means that."`
	ReceiveMaximum int           `yaml:"receive_maximum" min:"0" max:"65535" desc:"Messages that may wait for their acknowledgement (MQTT 5). 0: 1000."`
	Payload        string        `yaml:"payload" oneof:"|json|text|number" desc:"What payloads are. json: the event. text and number: a plain value, which becomes {\"id\":…,\"time\":…,\"topic\":…,\"value\":…}. Empty: json."`
	IDProperty     string        `yaml:"id_property" desc:"User property with the message's identity (MQTT 5). Empty: id."`
}
