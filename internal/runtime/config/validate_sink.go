package config

import (
	"fmt"
	"net/url"
	"strings"
)

// destinations names the sections of a sink that say where its messages go.
func (s *Sink) destinations() (names []string) {
	for _, d := range []struct {
		name string
		set  bool
	}{
		{"webhook", s.Webhook.URL != ""}, {"amqp", s.AMQP.URL != ""}, {"redis", s.Redis.Address != ""},
		{"kafka", len(s.Kafka.Brokers) > 0}, {"postgres", s.Postgres.URL != ""}, {"s3", s.S3.Bucket != ""},
	} {
		if d.set {
			names = append(names, d.name)
		}
	}
	return names
}

// Kind names the section that says where the messages go.
func (s *Sink) Kind() string { return strings.Join(s.destinations(), ", ") }

func (v *validator) sinks(c *Config) {
	if len(c.Sinks) > 0 && c.Log.Group != "" {
		v.fail("sinks", "cannot be in a consumer group (log.group), where each process would deliver everything; run them in one process of their own, with its own configuration")
	}
	names := map[string]int{}
	for i := range c.Sinks {
		s, path := &c.Sinks[i], fmt.Sprintf("sinks[%d]", i)
		if first, ok := names[s.Name]; ok {
			v.fail(path+".name", "is %q, as sinks[%d] has already; each sink needs its own", s.Name, first)
		}
		names[s.Name] = i
		switch to := s.destinations(); len(to) {
		case 0:
			v.fail(path, "says nowhere to deliver to; set webhook.url, amqp.url, redis.address, kafka.brokers, postgres.url or s3.bucket")
		case 1:
		default:
			v.fail(path, "has several destinations (%s); make a sink of each, then one that is dead does not delay the others", s.Kind())
		}
		if (s.Topic == "") == (s.Output == "") {
			v.fail(path, "needs either topic or output, the table or feed of a job")
		}
		if s.DeadLetters != "" && s.DeadLetters == s.Topic {
			v.fail(path+".dead_letters", "is the topic of the sink itself; name another")
		}
		if u, err := url.Parse(string(s.Webhook.URL)); s.Webhook.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			v.fail(path+".webhook.url", "must be a URL such as https://shop.example/hooks")
		}
		if s.Postgres.URL != "" && s.Postgres.Table == "" {
			v.fail(path+".postgres.table", "must not be empty")
		}
		for j, h := range s.Webhook.Headers {
			if name, _, ok := strings.Cut(string(h), ":"); !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(string(h), "\r\n") {
				v.fail(fmt.Sprintf("%s.webhook.headers[%d]", path, j), "must be a header such as 'X-Shop: de'")
			}
		}
	}
}
