package app

// postgresConnectors makes the connectors of a source that has sources[].postgres.
func (p *platform) postgresConnectors(source) ([]connector, error) { return nil, nil }
