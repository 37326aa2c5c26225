package app

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// connector is a source that fetches its events itself. Run keeps it going until
// ctx ends; an error of it means that it can never work.
type connector interface {
	Run(ctx context.Context) error
}

// connectorKinds make the connectors of a source. Each returns nothing for a source
// that is not of its kind.
var connectorKinds = []func(*platform, source) ([]connector, error){
	(*platform).kafkaConnectors,
	(*platform).postgresConnectors,
	(*platform).mysqlConnectors,
	(*platform).sftpConnectors,
	(*platform).s3Connectors,
	(*platform).amqpConnectors,
	(*platform).mqttConnectors,
	(*platform).redisConnectors,
}

// openConnectors makes the connectors of all sources. They connect when they run.
func (p *platform) openConnectors(context.Context) error {
	for _, s := range p.catalog.sources {
		for _, open := range connectorKinds {
			made, err := open(p, s)
			if err != nil {
				return fmt.Errorf("source %q: %w", s.Name, err)
			}
			p.connectors = append(p.connectors, made...)
		}
	}
	return nil
}

// runConnectors runs them beside each other: one that is slow or dead delays no other.
func (p *platform) runConnectors(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range p.connectors {
		group.Go(func() error { return c.Run(ctx) })
	}
	group.Go(func() error { <-ctx.Done(); return nil })
	return group.Wait()
}
