// Package redissink delivers messages to a stream of Redis, each exactly once: how far the
// sink is stands in a hash, which is written in the same transaction.
package redissink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/internal/sink"
)

// Config says where to append.
type Config struct {
	Name     string // of the sink
	Address  string
	Username string
	Password string
	DB       int
	TLS      bool
	Stream   string
	MaxLen   int64 // about; 0: not trimmed
}

// Redis is the destination.
type Redis struct {
	cfg    Config
	client *redis.Client
	at     map[string]string // positions as the hash has them
}

// Open connects.
func Open(ctx context.Context, cfg Config) (*Redis, error) {
	o := &redis.Options{Addr: cfg.Address, Username: cfg.Username, Password: cfg.Password, DB: cfg.DB, MaxRetries: -1}
	if cfg.TLS {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	r := &Redis{cfg: cfg, client: redis.NewClient(o)}
	if err := r.client.Ping(ctx).Err(); err != nil {
		_ = r.client.Close() // it has no connection
		return nil, fmt.Errorf("cannot connect to Redis at %s: %w", cfg.Address, err)
	}
	return r, nil
}

// Close implements [sink.Destination].
func (r *Redis) Close() error { return r.client.Close() }

// positions is the key of the hash that has the positions of the sink.
func (r *Redis) positions(topic string) string { return "millrace:sink:" + r.cfg.Name + ":" + topic }

// Deliver implements [sink.Destination]. What another session of this sink has delivered
// meanwhile must not come again: a transaction that this process has given up may still be
// carried out.
func (r *Redis) Deliver(ctx context.Context, batch []sink.Message) error {
	key := r.positions(batch[0].Topic)
	ends := make(map[string]string)
	fill := func(p redis.Pipeliner) error {
		for i := range batch {
			m := &batch[i]
			ends[strconv.Itoa(int(m.Partition))] = strconv.FormatInt(m.Offset+1, 10)
			if m.Done {
				continue
			}
			p.XAdd(ctx, &redis.XAddArgs{
				Stream: r.cfg.Stream, MaxLen: r.cfg.MaxLen, Approx: r.cfg.MaxLen > 0,
				Values: []any{"payload", m.Value, "key", m.Key, "id", m.ID()},
			})
		}
		p.HSet(ctx, key, ends)
		return nil
	}
	err := r.client.Watch(ctx, func(tx *redis.Tx) error {
		have, err := tx.HGetAll(ctx, key).Result()
		if err != nil {
			return err
		}
		if !maps.Equal(have, r.at) {
			return errors.New("another session of this sink has delivered meanwhile")
		}
		_, err = tx.TxPipelined(ctx, fill)
		return err
	}, key)
	if err != nil {
		return fmt.Errorf("cannot append to the stream %q of Redis: %w", r.cfg.Stream, err)
	}
	maps.Copy(r.at, ends)
	return nil
}

// Positions implements [sink.Positioned].
func (r *Redis) Positions(ctx context.Context, topic string, _ map[int32]int64) (map[int32]int64, error) {
	all, err := r.client.HGetAll(ctx, r.positions(topic)).Result()
	if err != nil {
		return nil, err
	}
	r.at = all
	positions := make(map[int32]int64, len(all))
	for field, value := range all {
		partition, err := strconv.ParseInt(field, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("field %q of %s is no partition: %w", field, r.positions(topic), err)
		}
		if positions[int32(partition)], err = strconv.ParseInt(value, 10, 64); err != nil {
			return nil, fmt.Errorf("%s has no offset for partition %s: %w", r.positions(topic), field, err)
		}
	}
	return positions, nil
}
