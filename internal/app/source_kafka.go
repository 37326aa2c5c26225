package app

// kafkaConnectors makes the connectors of a source that has sources[].kafka.
func (p *platform) kafkaConnectors(source) ([]connector, error) { return nil, nil }
