// Package embedded runs the log's broker inside the process: franz-go's kfake
// with its data on disk and an fsync per batch. Any Kafka client can talk to
// it.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Config configures the broker.
type Config struct {
	// Dir is the folder of its data.
	Dir string
	// Listen is its TCP address. Empty: reachable inside the process only.
	Listen string
	Logger *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	network *kfake.VirtualNetwork // nil when it listens on TCP
	address string
}

// Open starts the broker over the data in its folder.
func Open(cfg Config) (*Broker, error) {
	b := &Broker{}
	var listen func(network, address string) (net.Listener, error)
	port := 0
	if cfg.Listen == "" {
		b.network = new(kfake.VirtualNetwork)
		listen = b.network.Listen
	} else {
		_, p, err := net.SplitHostPort(cfg.Listen)
		if err == nil {
			port, err = strconv.Atoi(p)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot use log.listen %q: %w", cfg.Listen, err)
		}
		listen = func(network, _ string) (net.Listener, error) { return net.Listen(network, cfg.Listen) }
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.ClusterID("millrace"),
		kfake.ListenFn(listen),
		kfake.DataDir(filepath.Join(cfg.Dir, "log")),
		kfake.SyncWrites(),
		kfake.WithLogger(logger{cfg.Logger}),
		// Batches of large events and large fetches are bounded by the doors'
		// limits; the broker must not be stricter.
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes": strconv.Itoa(MaxBatchBytes),
			// A client that creates a compacted topic starts the broker's cleaner. It must not
			// remove by the age of records, which in replays and results is event time, nor
			// what has not been processed: see [eventlog.Retention].
			"log.retention.ms":       "-1",
			"log.cleaner.backoff.ms": "30000",
		}),
	)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot start the embedded broker: another process listens on %s; stop it, or set log.listen to another address (or to \"\" for none)", cfg.Listen)
	case err != nil:
		return nil, fmt.Errorf("cannot start the embedded broker on %q (log.listen) over %q: %w", cfg.Listen, cfg.Dir, err)
	}
	b.cluster = cluster
	addrs := cluster.ListenAddrs()
	if len(addrs) != 1 {
		cluster.Close()
		return nil, fmt.Errorf("BUG: embedded broker listens on %d addresses", len(addrs))
	}
	b.address = addrs[0]
	return b, nil
}

// MaxBatchBytes is the largest record batch that the broker takes.
const MaxBatchBytes = 32 << 20

// Address returns the address that clients bootstrap from.
func (b *Broker) Address() string { return b.address }

// Dial returns how clients inside the process connect: nil for TCP.
func (b *Broker) Dial() func(ctx context.Context, network, address string) (net.Conn, error) {
	if b.network == nil {
		return nil
	}
	return b.network.DialContext
}

// Bytes returns the retained bytes of a partition.
func (b *Broker) Bytes(topic string, partition int32) int64 {
	if p := b.cluster.PartitionInfo(topic, partition); p != nil {
		return p.NumBytes
	}
	return 0
}

// DeleteBefore removes the records of a partition before the offset.
func (b *Broker) DeleteBefore(topic string, partition int32, offset int64) error {
	if err := b.cluster.DeleteRecords(topic, partition, offset); err != nil {
		return fmt.Errorf("cannot remove records before %d of %s/%d: %w", offset, topic, partition, err)
	}
	return nil
}

// Cluster returns the broker itself, for tests that inject faults.
func (b *Broker) Cluster() *kfake.Cluster { return b.cluster }

// Close stops the broker. What it acknowledged is on disk already.
func (b *Broker) Close() { b.cluster.Close() }

// logger passes the broker's warnings on.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if l.log == nil || level == kfake.LogLevelNone || level > kfake.LogLevelWarn {
		return
	}
	l.log.Warn("embedded broker", "message", fmt.Sprintf(format, args...))
}
