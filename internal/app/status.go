package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/runtime/telemetry"
	"github.com/millrace/millrace/internal/source/meter"
)

// process tells the gateway about this process.
type process struct{ p *platform }

var (
	_ gateway.Process     = process{}
	_ gateway.Checkpoints = process{}
)

// endsTimeout bounds the question for the log's ends.
const endsTimeout = time.Second

// Status implements [gateway.Process].
func (s process) Status() gateway.Status {
	p := s.p
	stats := p.pass.Stats()
	usage, err := telemetry.ReadUsage()
	if err != nil {
		p.log.Warn("cannot read the resource usage", "error", err)
	}
	out := gateway.Status{
		StartedAt: p.started, NotReady: p.notReady(),
		EventsPerSecond: stats.EventsPerSecond, FreshnessP50: stats.FreshnessP50, FreshnessP99: stats.FreshnessP99,
		EventTime: stats.EventTime, MaxRSSBytes: usage.PeakRSSBytes, CPUSeconds: usage.CPU.Seconds(),
	}
	if r := p.replay.Load(); r != nil {
		out.Replay = r.status()
	}
	ctx, cancel := context.WithTimeout(context.Background(), endsTimeout)
	defer cancel()
	ends, err := p.topic.EndOffsets(ctx)
	if err != nil {
		out.NotReady = append(out.NotReady, "the log does not answer: "+err.Error())
	}
	for partition, position := range stats.Positions {
		out.Partitions = append(out.Partitions, gateway.PartitionStatus{
			Partition: partition, Position: position.Queryable, Committed: position.Committed,
			End: max(ends[partition], position.Committed),
		})
	}
	slices.SortFunc(out.Partitions, func(a, b gateway.PartitionStatus) int { return int(a.Partition - b.Partition) })
	return out
}

// notReady lists why events are not taken or not processed now.
func (p *platform) notReady() []string {
	var reasons []string
	if p.guard.Low() {
		reasons = append(reasons, p.guard.Reason())
	}
	if p.stalled() {
		reasons = append(reasons, stalledReason)
	}
	return reasons
}

const stalledReason = "the analytics store takes no rows: its disk is full; free some space"

// stalled reports whether what the log takes cannot be stored now.
func (p *platform) stalled() bool { return p.pass != nil && p.pass.Stalled() }

// Sources implements [gateway.Process].
func (s process) Sources() []gateway.Source {
	stats := make(map[string]meter.Stats)
	for _, m := range s.p.meters.Stats() {
		stats[m.Name] = m
	}
	var out []gateway.Source
	for _, c := range s.p.catalog.sources {
		kind := fetched(&c.Source)
		switch {
		case s.p.replay.Load() != nil && s.p.replay.Load().source == c.Name:
			kind = "replay"
		case kind != "":
		case c.Topic != "":
			kind = "kafka"
		case c.Inbox != "":
			kind = "inbox"
		case c.SFTP.Address != "":
			kind = "sftp"
		case c.S3.Bucket != "":
			kind = "s3"
		case len(c.WriteKeys) > 0:
			kind = "http"
		default:
			kind = "file"
		}
		m := stats[c.Name]
		m.Name = c.Name
		out = append(out, gateway.Source{
			Name: c.Name, Adapter: c.Adapter, Kind: kind, State: s.p.stateOf(&m),
			Bytes: m.Bytes, Refused: m.Refused, Errors: m.Errors, Lag: m.Lag, LastError: m.LastError, LastSeen: m.LastSeen,
		})
	}
	return out
}

// stateOf names what a source is doing.
func (p *platform) stateOf(m *meter.Stats) string {
	if p.control.Source(m.Name).Settings().Paused {
		return "paused"
	}
	return m.State.String()
}

// fetched is the kind of peer that a source fetches its events from, "" when it waits
// for senders.
func fetched(s *config.Source) string {
	for _, of := range []struct {
		kind  string
		isSet bool
	}{
		{"kafka", len(s.Kafka.Brokers) > 0}, {"postgres", s.Postgres.URL != ""}, {"mysql", s.MySQL.Address != ""},
		{"sftp", s.SFTP.Address != ""}, {"s3", s.S3.Bucket != ""}, {"amqp", s.AMQP.URL != ""}, {"mqtt", s.MQTT.URL != ""},
		{"redis", s.Redis.Address != ""}, {"webhook", s.Webhook.Secret != ""},
	} {
		if of.isSet {
			return of.kind
		}
	}
	return ""
}

// Checkpoint implements [gateway.Checkpoints].
func (s process) Checkpoint() (gateway.Checkpoint, error) {
	sum, err := s.p.checkpoint.Summary()
	if err != nil {
		return gateway.Checkpoint{}, err
	}
	return gateway.Checkpoint{Total: sum.Total, Positions: sum.Positions, Received: sum.Received}, nil
}

// mountProbes serves what probes need where the gateway does not run.
func (p *platform) mountProbes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if reasons := p.notReady(); len(reasons) > 0 {
			writeJSON(w, http.StatusServiceUnavailable, map[string]any{"status": "not_ready", "reasons": reasons})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"status": "ready"})
	})
	mux.Handle("GET /metrics", telemetry.MetricsHandler(p.metrics))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone, or it has the answer
}
