package config

import (
	"strings"
	"testing"
)

func TestSettingsOfQueuesGoTogether(t *testing.T) {
	for settings, want := range map[string]string{
		`amqp: {url: "amqp://a:b@host/", queue: q}`:                                                    "",
		`amqp: {url: "amqps://host/", queue: q, tls: {ca_file: ca.pem}}`:                               "",
		`amqp: {url: "amqp://host/"}`:                                                                  "sources[0].amqp.queue is missing",
		`amqp: {url: "http://a:hidden@host/", queue: q}`:                                               "sources[0].amqp.url is no URL that begins with amqp://, amqps://",
		`amqp: {url: "amqp://host/", queue: q, binding_keys: [a]}`:                                     "amqp.exchange is missing",
		`amqp: {url: "amqp://host/", queue: q, exchange: e}`:                                           "amqp.binding_keys are missing",
		`amqp: {url: "amqp://host/", queue: q, tls: {ca_file: ca.pem}}`:                                "the URL begins with amqp://; write amqps://",
		`amqp: {url: "amqps://host/", queue: q, tls: {cert_file: c.pem}}`:                              "needs cert_file and key_file together",
		`mqtt: {url: "tcp://host:1883", topics: [a/#], version: 3}`:                                    "",
		`mqtt: {url: "tcp://host:1883", topics: [a], version: 4}`:                                      "mqtt.version is 4; it must be 5, or 3",
		`mqtt: {url: "tcp://host:1883"}`:                                                               "mqtt.topics are missing",
		`mqtt: {url: "tcp://host:1883", topics: [$share/g/a]}`:                                         "the group of a shared subscription as group",
		`mqtt: {url: "tcp://host:1883", topics: [a], group: a/b}`:                                      "it must not contain /",
		`mqtt: {url: "tls://host:8883", topics: [a], password: x}`:                                     "mqtt.username is missing",
		`mqtt: {url: "tcp://a:hidden@host:1883", topics: [a]}`:                                         "mqtt.url holds a user; write username and password beside it",
		`redis: {address: "host:6379", stream: s, tls: {enabled: true}}`:                               "",
		`redis: {address: "host:6379"}`:                                                                "redis.stream is missing",
		`redis: {address: "host:6379", stream: s, tls: {ca_file: ca.pem}}`:                             "is described but not on",
		`kafka: {brokers: ["host:9092"], topics: [a, b]}`:                                              "",
		`kafka: {brokers: ["host:9092"], topics: [a], format: avro, registry: {url: "http://r:8081"}}`: "",
		`kafka: {brokers: ["host:9092"]}`:                                                              "kafka.topics are missing",
		`kafka: {brokers: ["host:9092"], topics: [a, a]}`:                                              "which stands twice",
		`kafka: {brokers: ["host:9092"], topics: ["a b"]}`:                                             "kafka.topics[0] is",
		`kafka: {brokers: ["host:9092"], topics: [a], format: avro}`:                                   "kafka.registry.url is missing",
		`kafka: {brokers: ["host:9092"], topics: [a], registry: {url: "http://r:8081"}}`:               "kafka.format is missing",
		`kafka: {brokers: ["host:9092"], topics: [a], sasl: {mechanism: PLAIN}}`:                       "needs username and password with mechanism PLAIN",
	} {
		_, err := load("sources: [{name: till, adapter: native, " + settings + "}]\n")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v\nwant %s", settings, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}
