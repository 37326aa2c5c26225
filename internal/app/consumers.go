package app

import (
	"context"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/contract"
)

// noticeConsumers is how often the platform looks who reads.
const noticeConsumers = 5 * time.Minute

// runConsumers notes who reads events: jobs, and consumer groups of the log.
func (p *platform) runConsumers(ctx context.Context) error {
	for {
		seen, err := p.readers(ctx)
		if err == nil {
			err = p.consumers.Seen(ctx, p.clock.Now(), seen...)
		}
		if err != nil && ctx.Err() == nil {
			p.log.Warn("cannot note who reads events; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.clock.After(noticeConsumers):
		}
	}
}

// readers are the consumers that can be seen now. A job and a group of the raw topic may
// read any event; a group of another topic reads results, whose schemas the registry has.
func (p *platform) readers(ctx context.Context) ([]consumer.Consumer, error) {
	var out []consumer.Consumer
	for _, j := range p.jobs() {
		out = append(out, consumer.Consumer{Kind: consumer.Job, Name: j.Name(), Owner: "platform"})
	}
	groups, err := p.topic.Groups(ctx)
	for name, topics := range groups {
		if name != "" && slices.Contains(topics, p.topic.Name()) {
			out = append(out, consumer.Consumer{Kind: consumer.Group, Name: name, Topics: topics})
		}
	}
	return out, err
}

// contracts tells the API of contracts and consumers.
type contracts struct{ p *platform }

var _ gateway.Contracts = contracts{}

// Contracts implements [gateway.Contracts].
func (c contracts) Contracts() *contract.Set { return c.p.catalog.contracts }

// Consumers implements [gateway.Contracts].
func (c contracts) Consumers(ctx context.Context) ([]consumer.Consumer, error) {
	return c.p.consumers.List(ctx, c.p.clock.Now())
}

// Register implements [gateway.Contracts].
func (c contracts) Register(ctx context.Context, one consumer.Consumer) error {
	return c.p.consumers.Seen(ctx, c.p.clock.Now(), one)
}
