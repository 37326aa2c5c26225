package app

// s3Connectors makes the connectors of a source that has sources[].s3.
func (p *platform) s3Connectors(source) ([]connector, error) { return nil, nil }
