package app

// mysqlConnectors makes the connectors of a source that has sources[].mysql.
func (p *platform) mysqlConnectors(source) ([]connector, error) { return nil, nil }
