package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/registry"
)

// schemas is the registry in which schemas of results are: the one within, or another.
func (p *platform) schemas() (pass.Schemas, error) {
	if p.cfg.Schema.RegistryURL == "" {
		return ownRegistry{p.registry.Registry}, nil
	}
	client, err := sr.NewClient(
		sr.URLs(strings.TrimSuffix(p.cfg.Schema.RegistryURL, "/")), sr.UserAgent("millrace/"+p.version),
		sr.HTTPClient(&http.Client{}), // its requests are bounded by their context
	)
	if err != nil {
		return nil, fmt.Errorf("cannot use the schema registry at %s (schema.registry_url): %w", p.cfg.Schema.RegistryURL, err)
	}
	return otherRegistry{client}, nil
}

type ownRegistry struct{ registry *registry.Registry }

// Register implements [pass.Schemas].
func (r ownRegistry) Register(ctx context.Context, subject, text string) (uint32, error) {
	s, err := r.registry.Register(ctx, subject, registry.Definition{Type: schema.Avro, Text: text}, false)
	return uint32(s.ID), err
}

type otherRegistry struct{ client *sr.Client }

// Register implements [pass.Schemas].
func (r otherRegistry) Register(ctx context.Context, subject, text string) (uint32, error) {
	id, err := r.client.RegisterSchema(ctx, subject, sr.Schema{Schema: text}, -1, -1)
	return uint32(id), err
}

// schemaChanged tells the audit trail of a change of the registry. Its protocol does not say
// who asks.
func (p *platform) schemaChanged(ctx context.Context, c registry.Change) {
	if p.trail == nil {
		return
	}
	err := p.trail.Record(context.WithoutCancel(ctx), audit.Entry{
		By: "registry", Action: c.Action, Kind: audit.Schema, Name: cmp.Or(c.Subject, "all subjects"), VersionAfter: c.Version, After: c.After,
	})
	if err != nil {
		p.log.Error("a change of the schema registry is not in the audit trail", "subject", c.Subject, "action", c.Action, "error", err)
	}
}
