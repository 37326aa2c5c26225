package app

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/config"
	kafkasource "github.com/millrace/millrace/internal/source/kafka"
	"github.com/millrace/millrace/internal/source/transcode"
)

// kafkaConnectors makes the connectors of a source that has sources[].kafka: one per
// topic.
func (p *platform) kafkaConnectors(s source) ([]connector, error) {
	c := s.Kafka
	if len(c.Brokers) == 0 {
		return nil, nil
	}
	security, err := eventlog.Security(c.TLS, c.SASL, "sources[].kafka")
	if err != nil {
		return nil, err
	}
	client := func(extra ...kgo.Opt) (*kgo.Client, error) {
		opts := append([]kgo.Opt{
			kgo.SeedBrokers(c.Brokers...), kgo.ClientID("millrace"), kgo.MetadataMinAge(250 * time.Millisecond), kgo.DisableClientMetrics(),
		}, security...)
		made, err := kgo.NewClient(append(opts, extra...)...)
		if err != nil {
			return nil, fmt.Errorf("cannot make a client of the cluster at %v: %w", c.Brokers, err)
		}
		return made, nil
	}
	transcoder, err := p.transcoder(c)
	if err != nil {
		return nil, err
	}
	var made []connector
	for _, topic := range c.Topics {
		made = append(made, kafkasource.New(kafkasource.Config{
			Topic: topic, Source: s.Name, Adapter: s.adapter, Client: client, Log: p.streams,
			Meters: p.meters, Clock: p.clock, Logger: p.log, Random: p.random.Float64, EventBytes: p.recordBytes(s),
			Latest: c.Start == "latest", Uncommitted: c.Isolation == "read_uncommitted", Group: c.Group,
			Transcoder: transcoder, Envelope: s.envelope(), Headers: c.Headers,
		}))
	}
	return made, nil
}

// transcoder returns what makes JSON of a source's records; nil where they are taken as
// they are.
func (p *platform) transcoder(c config.KafkaSource) (kafkasource.Transcoder, error) {
	if c.Registry.URL == "" {
		return nil, nil
	}
	opts := []sr.ClientOpt{sr.URLs(c.Registry.URL), sr.UserAgent("millrace")}
	if c.Registry.Username != "" {
		opts = append(opts, sr.BasicAuth(c.Registry.Username, c.Registry.Password.Reveal()))
	}
	encryption, err := tlsOf(c.Registry.TLS, "sources[].kafka.registry")
	if err != nil {
		return nil, err
	}
	if encryption != nil {
		opts = append(opts, sr.DialTLSConfig(encryption))
	}
	schemas, err := sr.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client of the schema registry: %w", err)
	}
	return transcode.New(transcode.Config{Format: c.Format, Schemas: schemas, Clock: p.clock}), nil
}
