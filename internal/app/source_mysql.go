package app

import (
	"net"

	"github.com/millrace/millrace/internal/source/cdc/mysql"
)

// mysqlConnectors makes the connectors of a source that has sources[].mysql.
func (p *platform) mysqlConnectors(s source) ([]connector, error) {
	c := s.MySQL
	if c.Address == "" {
		return nil, nil
	}
	encryption, err := tlsOf(c.TLS, "sources[].mysql")
	if err != nil {
		return nil, err
	}
	if encryption != nil && encryption.ServerName == "" {
		if encryption.ServerName, _, err = net.SplitHostPort(c.Address); err != nil {
			return nil, err
		}
	}
	made, err := mysql.New(mysql.Config{
		Address: c.Address, User: c.User, Password: string(c.Password), TLS: encryption, Source: s.Name, Adapter: s.adapter,
		Log: p.streams, Meters: p.meters, Clock: p.clock, Logger: p.log, Random: p.random.Float64,
		Tables: c.Tables, ServerID: uint32(c.ServerID), NoSnapshot: c.Snapshot == "never", Restart: c.OnLostLog == "restart",
		Save: c.SaveInterval, EventBytes: p.recordBytes(s), TempDir: p.dir("scratch"),
	})
	if err != nil {
		return nil, err
	}
	return []connector{made}, nil
}
