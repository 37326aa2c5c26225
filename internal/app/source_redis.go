package app

// redisConnectors makes the connectors of a source that has sources[].redis.
func (p *platform) redisConnectors(source) ([]connector, error) { return nil, nil }
