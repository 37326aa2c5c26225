package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// queues checks what the settings of sources that take from queues mean together.
func (v *validator) queues(c *Config) {
	for i := range c.Sources {
		path, s := fmt.Sprintf("sources[%d]", i), &c.Sources[i]
		v.amqp(path+".amqp", &s.AMQP)
		v.mqtt(path+".mqtt", &s.MQTT)
		v.redis(path+".redis", &s.Redis)
		v.kafka(path+".kafka", &s.Kafka)
	}
}

func (v *validator) amqp(path string, s *AMQPSource) {
	if s.URL == "" {
		return
	}
	if s.Queue == "" {
		v.fail(path+".queue", "is missing; name the queue to take messages from")
	}
	v.scheme(path, string(s.URL), s.TLS, []string{"amqp"}, []string{"amqps"})
	if s.Exchange == "" && len(s.BindingKeys) > 0 {
		v.fail(path+".exchange", "is missing; binding_keys bind the queue to an exchange")
	}
	if s.Exchange != "" && len(s.BindingKeys) == 0 {
		v.fail(path+".binding_keys", "are missing; an empty key binds the queue to a fanout exchange")
	}
}

func (v *validator) mqtt(path string, s *MQTTSource) {
	if s.URL == "" {
		return
	}
	v.scheme(path, s.URL, s.TLS, []string{"tcp", "mqtt"}, []string{"tls", "ssl", "mqtts"})
	if u, err := url.Parse(s.URL); err == nil && u.User != nil {
		v.fail(path+".url", "holds a user; write username and password beside it")
	}
	if s.Version != 0 && s.Version != 3 && s.Version != 5 {
		v.fail(path+".version", "is %d; it must be 5, or 3 for MQTT 3.1.1", s.Version)
	}
	if len(s.Topics) == 0 {
		v.fail(path+".topics", "are missing; name topics to subscribe to")
	}
	for i, topic := range s.Topics {
		if topic == "" || strings.HasPrefix(topic, "$share/") {
			v.fail(fmt.Sprintf("%s.topics[%d]", path, i), "is %q; write the topic itself, and the group of a shared subscription as group", topic)
		}
	}
	if strings.ContainsAny(s.Group, "/+#") {
		v.fail(path+".group", "is %q; it must not contain /, + or #", s.Group)
	}
	if s.Password != "" && s.Username == "" {
		v.fail(path+".username", "is missing; a password needs one")
	}
}

func (v *validator) redis(path string, s *RedisSource) {
	if s.Address == "" {
		return
	}
	if s.Stream == "" {
		v.fail(path+".stream", "is missing; name the stream to take entries from")
	}
	v.tls(path, s.TLS)
}

func (v *validator) kafka(path string, s *KafkaSource) {
	if len(s.Brokers) == 0 {
		return
	}
	if len(s.Topics) == 0 {
		v.fail(path+".topics", "are missing; name topics to take events from")
	}
	for i, topic := range s.Topics {
		at := fmt.Sprintf("%s.topics[%d]", path, i)
		if problem := checkText("topic", topic); problem != "" {
			v.fail(at, "%s", problem)
		}
		if slices.Contains(s.Topics[:i], topic) {
			v.fail(at, "is %q, which stands twice", topic)
		}
	}
	v.tls(path, s.TLS)
	if m := s.SASL.Mechanism; m != "" && (s.SASL.Username == "" || s.SASL.Password == "") {
		v.fail(path+".sasl", "needs username and password with mechanism %s", m)
	}
	binary := s.Format == "avro" || s.Format == "protobuf"
	if binary && s.Registry.URL == "" {
		v.fail(path+".registry.url", "is missing; format %s needs a schema registry", s.Format)
	}
	if !binary && s.Registry.URL != "" {
		v.fail(path+".format", "is missing; with a registry it is avro or protobuf")
	}
}

// scheme checks a URL, which may hold a password and so is not repeated.
func (v *validator) scheme(path, text string, t TLS, plain, secure []string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains(append(plain, secure...), u.Scheme) {
		v.fail(path+".url", "is no URL that begins with %s://", strings.Join(append(plain, secure...), "://, "))
		return
	}
	if t != (TLS{}) && !slices.Contains(secure, u.Scheme) {
		v.fail(path+".tls", "is described, but the URL begins with %s://; write %s://", u.Scheme, secure[0])
	}
	t.Enabled = true // the URL says so; the section need not repeat it
	v.tls(path, t)
}

func (v *validator) tls(path string, t TLS) {
	if !t.Enabled && t != (TLS{}) {
		v.fail(path+".tls", "is described but not on; set %s.tls.enabled: true", path)
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		v.fail(path+".tls", "needs cert_file and key_file together")
	}
}
