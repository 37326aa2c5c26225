package app

import "context"

func (p *platform) openInboxes(context.Context) error { return nil }
func (p *platform) runInboxes(ctx context.Context) error { <-ctx.Done(); return nil }
func (p *platform) openKafkaSources(context.Context) error { return nil }
func (p *platform) runKafkaSources(ctx context.Context) error { <-ctx.Done(); return nil }
