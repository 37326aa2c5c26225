package app

// mqttConnectors makes the connectors of a source that has sources[].mqtt.
func (p *platform) mqttConnectors(source) ([]connector, error) { return nil, nil }
