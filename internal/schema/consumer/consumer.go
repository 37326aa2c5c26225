// Package consumer keeps who reads events and results, so that a change of a contract can
// say whom it breaks: jobs of the platform, consumer groups of the log, and whoever
// registers by the API.
package consumer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Kind is what a consumer is.
type Kind string

// The kinds of consumers.
const (
	Job         Kind = "job"
	Group       Kind = "group" // of the log
	Sink        Kind = "sink"
	Application Kind = "application" // registered by the API
)

// Consumer is somebody who reads events.
type Consumer struct {
	Kind     Kind      `json:"kind"`
	Name     string    `json:"name"`
	Owner    string    `json:"owner,omitempty"`
	Events   []string  `json:"events,omitempty"` // types; none: all
	Fields   []string  `json:"fields,omitempty"` // as contracts name them; none: all
	Topics   []string  `json:"topics,omitempty"` // of a group
	LastSeen time.Time `json:"last_seen"`
}

// Limits of what is kept.
const (
	maxConsumers = 10_000
	maxList      = 500 // events, fields or topics of one
	maxNameBytes = 200
	// Horizon is how long a consumer counts after it was last seen.
	Horizon = 30 * 24 * time.Hour
)

// ErrInvalid says that a consumer cannot be kept as it is.
var ErrInvalid = errors.New("not a consumer")

var eventName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,126}$`)

// Check tells what is wrong with a consumer that somebody registers.
func (c *Consumer) Check() error {
	if c.Name == "" || len(c.Name) > maxNameBytes || len(c.Owner) > maxNameBytes {
		return fmt.Errorf("%w: name must have 1 to %d bytes, owner no more", ErrInvalid, maxNameBytes)
	}
	if len(c.Events) > maxList || len(c.Fields) > maxList {
		return fmt.Errorf("%w: at most %d events and fields are taken", ErrInvalid, maxList)
	}
	for _, e := range c.Events {
		if !eventName.MatchString(e) {
			return fmt.Errorf("%w: %q is no type of events, such as order_completed", ErrInvalid, e)
		}
	}
	for _, f := range c.Fields {
		if f == "" || len(f) > maxNameBytes {
			return fmt.Errorf("%w: a field has 1 to %d bytes, such as properties.coupon", ErrInvalid, maxNameBytes)
		}
	}
	return nil
}

// Store keeps consumers in the record store. It is safe for concurrent use.
type Store struct{ records record.Store }

// NewStore returns the consumers that a record store has.
func NewStore(records record.Store) *Store { return &Store{records} }

const collection = "consumer"

func (c *Consumer) key() string { return string(c.Kind) + "/" + c.Name }

// Seen notes that consumers were there; what was known of them is replaced. Those that
// were not seen for the horizon before now are forgotten.
func (s *Store) Seen(ctx context.Context, now time.Time, consumers ...Consumer) error {
	return s.records.Update(ctx, func(tx record.Tx) error {
		known, err := tx.Scan(collection, record.Range{})
		if err != nil {
			return err
		}
		have := make(map[string]bool)
		for _, r := range known {
			var c Consumer
			if json.Unmarshal(r.Value, &c) == nil && now.Sub(c.LastSeen) <= Horizon {
				have[r.Key] = true
				continue
			}
			if err := tx.Delete(collection, r.Key); err != nil {
				return err
			}
		}
		for _, c := range consumers {
			c.LastSeen = now.UTC()
			if have[c.key()] = true; len(have) > maxConsumers {
				return fmt.Errorf("%w: %d are known already", ErrInvalid, maxConsumers)
			}
			text, err := json.Marshal(c)
			if err != nil {
				return err
			}
			if _, err := tx.Put(collection, c.key(), text); err != nil {
				return err
			}
		}
		return nil
	})
}

// List returns the consumers that were seen within the horizon before now, by kind and
// name.
func (s *Store) List(ctx context.Context, now time.Time) ([]Consumer, error) {
	var out []Consumer
	err := s.records.View(ctx, func(r record.Reader) error {
		known, err := r.Scan(collection, record.Range{})
		for _, one := range known {
			var c Consumer
			if err := json.Unmarshal(one.Value, &c); err != nil {
				return fmt.Errorf("the record consumer %q is damaged: %w", one.Key, err)
			}
			if now.Sub(c.LastSeen) <= Horizon {
				out = append(out, c)
			}
		}
		return err
	})
	slices.SortFunc(out, func(a, b Consumer) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return out, err
}
