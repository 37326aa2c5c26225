package app

import amqpsource "github.com/millrace/millrace/internal/source/amqp"

// amqpConnectors makes the connectors of a source that has sources[].amqp.
func (p *platform) amqpConnectors(s source) ([]connector, error) {
	c := s.AMQP
	if c.URL == "" {
		return nil, nil
	}
	encryption, err := tlsOf(c.TLS, "sources[].amqp")
	if err != nil {
		return nil, err
	}
	return []connector{amqpsource.New(amqpsource.Config{
		URL: c.URL.Reveal(), TLS: encryption, Queue: c.Queue, Existing: c.Existing, Type: c.Type,
		Exchange: c.Exchange, BindingKeys: c.BindingKeys, Prefetch: c.Prefetch, Headers: c.Headers,
		Envelope: s.envelope(), Intake: p.intakeConfig(s), Clock: p.clock, Logger: p.log, Random: p.random.Float64,
	})}, nil
}
