package app

// amqpConnectors makes the connectors of a source that has sources[].amqp.
func (p *platform) amqpConnectors(source) ([]connector, error) { return nil, nil }
