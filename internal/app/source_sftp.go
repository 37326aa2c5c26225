package app

// sftpConnectors makes the connectors of a source that has sources[].sftp.
func (p *platform) sftpConnectors(source) ([]connector, error) { return nil, nil }
