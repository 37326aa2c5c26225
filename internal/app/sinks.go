package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/sink"
	kafkasink "github.com/millrace/millrace/internal/sink/kafka"
	postgressink "github.com/millrace/millrace/internal/sink/postgres"
	"github.com/millrace/millrace/internal/sink/rabbit"
	redissink "github.com/millrace/millrace/internal/sink/redis"
	s3sink "github.com/millrace/millrace/internal/sink/s3"
	"github.com/millrace/millrace/internal/sink/webhook"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/stream"
)

// What objects of a bucket are, unless the configuration says otherwise: few and large.
const (
	objectBytes   = 16 << 20
	objectRecords = 100_000
	objectLinger  = time.Minute
)

// outputTopic is the topic that an output of a job goes to besides, for the sinks that
// deliver it.
func outputTopic(output string) string { return "millrace.output." + output }

// mirrors are the outputs of jobs that sinks deliver, with their topics.
func (p *platform) mirrors() map[string]string {
	mirrors := make(map[string]string)
	for i := range p.cfg.Sinks {
		if output := p.cfg.Sinks[i].Output; output != "" {
			mirrors[output] = outputTopic(output)
		}
	}
	return mirrors
}

// checkOutputs reports sinks of outputs that no job has.
func (c *catalog) checkOutputs(sinks []config.Sink) error {
	var names []string
	for _, j := range c.jobFiles.list() {
		for _, s := range j.Sinks() {
			if s.Kind != stream.Topic {
				names = append(names, s.Name)
			}
		}
	}
	var errs []error
	for i := range sinks {
		s := &sinks[i]
		if s.Output == "" || slices.Contains(names, s.Output) {
			continue
		}
		slices.Sort(names)
		hint := "; there are " + strings.Join(names, ", ")
		if near := spell.Nearest(s.Output, names); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		errs = append(errs, fmt.Errorf("sink %q: no job has a table or feed %q (sinks[%d].output)%s", s.Name, s.Output, i, hint))
	}
	return errors.Join(errs...)
}

// openSinks makes the sinks. They connect when they run.
func (p *platform) openSinks(context.Context) error {
	for i := range p.cfg.Sinks {
		s := &p.cfg.Sinks[i]
		open, err := p.destination(s)
		if err != nil {
			return fmt.Errorf("sink %q: %w", s.Name, err)
		}
		topic := s.Topic
		if topic == "" {
			topic = outputTopic(s.Output)
		}
		c := sink.Config{
			Name: s.Name, Kind: s.Kind(), Topic: topic, Latest: s.Start == "latest", DeadLetters: s.DeadLetters,
			Client: p.topic.Client, Ensure: p.topic.EnsureSource, Cursors: p.checkpoint, Open: open,
			BatchRecords: s.BatchRecords, BatchBytes: int(s.BatchBytes), Linger: s.Linger,
			Clock: p.clock, Logger: p.log, Random: p.random.Float64,
		}
		if s.S3.Bucket != "" {
			c.BatchRecords = cmp.Or(c.BatchRecords, objectRecords)
			c.BatchBytes = cmp.Or(c.BatchBytes, objectBytes)
			c.Linger = cmp.Or(c.Linger, objectLinger)
		}
		p.sinks = append(p.sinks, sink.New(c))
	}
	return nil
}

// destination returns what connects to where a sink delivers.
func (p *platform) destination(s *config.Sink) (func(context.Context) (sink.Destination, error), error) {
	switch {
	case s.Webhook.URL != "":
		w := s.Webhook
		c := webhook.Config{
			Name: s.Name, URL: string(w.URL), Secret: []byte(w.Secret),
			BatchSize: w.BatchSize, Concurrency: w.Concurrency, Timeout: w.Timeout, Clock: p.clock,
		}
		for _, h := range w.Headers {
			c.Headers = append(c.Headers, string(h))
		}
		return func(context.Context) (sink.Destination, error) { return webhook.New(c), nil }, nil
	case s.AMQP.URL != "":
		c := rabbit.Config{Name: s.Name, URL: string(s.AMQP.URL), Exchange: s.AMQP.Exchange, RoutingKey: s.AMQP.RoutingKey, Clock: p.clock}
		return func(context.Context) (sink.Destination, error) { return rabbit.Open(c) }, nil
	case s.Redis.Address != "":
		r := s.Redis
		c := redissink.Config{
			Name: s.Name, Address: r.Address, Username: r.Username, Password: string(r.Password), DB: r.DB, TLS: r.TLS,
			Stream: r.Stream, MaxLen: int64(r.MaxLen),
		}
		if c.Stream == "" {
			c.Stream = cmp.Or(s.Topic, s.Output)
		}
		return func(ctx context.Context) (sink.Destination, error) { return redissink.Open(ctx, c) }, nil
	case s.Postgres.URL != "":
		c := postgressink.Config{Name: s.Name, URL: string(s.Postgres.URL), Table: s.Postgres.Table, Key: s.Postgres.Key}
		return func(ctx context.Context) (sink.Destination, error) { return postgressink.Open(ctx, c) }, nil
	case s.S3.Bucket != "":
		b := s.S3
		c := s3sink.Config{
			Bucket: b.Bucket, Prefix: b.Prefix, Endpoint: b.Endpoint, Region: b.Region, AccessKey: b.AccessKey, SecretKey: string(b.SecretKey),
		}
		return func(ctx context.Context) (sink.Destination, error) { return s3sink.Open(ctx, c) }, nil
	default:
		return otherCluster(s)
	}
}

// otherCluster delivers to another Kafka cluster.
func otherCluster(s *config.Sink) (func(context.Context) (sink.Destination, error), error) {
	k := s.Kafka
	secure, err := eventlog.Security(k.TLS, k.SASL, "kafka")
	if err != nil {
		return nil, err
	}
	c := kafkasink.Config{
		Name: s.Name, Topic: k.Topic, Positions: k.PositionsTopic,
		Options: append(secure, kgo.SeedBrokers(k.Brokers...)),
	}
	if c.Topic == "" {
		c.Topic = cmp.Or(s.Topic, s.Output)
	}
	if c.Positions == "" {
		c.Positions = "millrace.sinks"
	}
	return func(ctx context.Context) (sink.Destination, error) { return kafkasink.Open(ctx, c) }, nil
}

// runSinks runs them beside each other: one that is slow or dead delays no other.
func (p *platform) runSinks(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range p.sinks {
		group.Go(func() error { return s.Run(ctx) })
	}
	group.Go(func() error { <-ctx.Done(); return nil })
	return group.Wait()
}

var _ gateway.Sinks = process{}

// Sinks implements [gateway.Sinks].
func (s process) Sinks() (rows []gateway.SinkRow) {
	for i, one := range s.p.sinks {
		st := one.Stats()
		row := gateway.SinkRow{
			Name: st.Name, Kind: st.Kind, Topic: st.Topic, State: st.State.String(),
			Delivered: st.Delivered, DeadLetters: st.DeadLetters, Missed: st.Missed, Lag: st.Lag,
			Errors: st.Errors, LastError: st.LastError,
			Output: s.p.cfg.Sinks[i].Output, Positions: make([]gateway.SinkPosition, len(st.Positions)),
		}
		for n, at := range st.Positions {
			row.Positions[n] = gateway.SinkPosition(at)
		}
		if !st.LastDelivered.IsZero() {
			row.LastDelivered = &st.LastDelivered
		}
		rows = append(rows, row)
	}
	return rows
}

// sinkCollector gives Prometheus how the sinks are doing.
type sinkCollector struct {
	p *platform

	delivered, bytes, dead, missed, errors, lag, up *prometheus.Desc
}

func newSinkCollector(p *platform) *sinkCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_sink_"+name, help, []string{"sink", "kind"}, nil)
	}
	return &sinkCollector{
		p:         p,
		delivered: desc("delivered_total", "Messages delivered since the process started, dead letters among them."),
		bytes:     desc("delivered_bytes_total", "Bytes of the values of those messages."),
		dead:      desc("dead_letters_total", "Messages that the destination refused for good."),
		missed:    desc("missed_total", "Messages that retention removed before they were delivered."),
		errors:    desc("errors_total", "Attempts that failed."),
		lag:       desc("lag", "Messages of the topic that are not delivered."),
		up:        desc("up", "1 while deliveries succeed."),
	}
}

// Describe implements [prometheus.Collector].
func (c *sinkCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.delivered, c.bytes, c.dead, c.missed, c.errors, c.lag, c.up} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *sinkCollector) Collect(ch chan<- prometheus.Metric) {
	for _, one := range c.p.sinks {
		s := one.Stats()
		send := func(d *prometheus.Desc, kind prometheus.ValueType, v int64) {
			ch <- prometheus.MustNewConstMetric(d, kind, float64(v), s.Name, s.Kind)
		}
		send(c.delivered, prometheus.CounterValue, s.Delivered)
		send(c.bytes, prometheus.CounterValue, s.Bytes)
		send(c.dead, prometheus.CounterValue, s.DeadLetters)
		send(c.missed, prometheus.CounterValue, s.Missed)
		send(c.errors, prometheus.CounterValue, s.Errors)
		send(c.lag, prometheus.GaugeValue, s.Lag)
		up := int64(0)
		if s.State == sink.Running {
			up = 1
		}
		send(c.up, prometheus.GaugeValue, up)
	}
}
