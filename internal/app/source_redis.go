package app

import redissource "github.com/millrace/millrace/internal/source/redis"

// redisConnectors makes the connectors of a source that has sources[].redis.
func (p *platform) redisConnectors(s source) ([]connector, error) {
	c := s.Redis
	if c.Address == "" {
		return nil, nil
	}
	encryption, err := tlsOf(c.TLS, "sources[].redis")
	if err != nil {
		return nil, err
	}
	return []connector{redissource.New(redissource.Config{
		Address: c.Address, Username: c.Username, Password: c.Password.Reveal(), DB: c.DB, TLS: encryption,
		Key: c.Stream, Latest: c.Start == "latest", Field: c.Field,
		Source: s.Name, Adapter: s.adapter, Envelope: s.envelope(), Log: p.streams, Counts: p.checkpoint,
		Meters: p.meters, Clock: p.clock, Logger: p.log, Random: p.random.Float64, EventBytes: p.recordBytes(s),
	})}, nil
}
