package config

import "time"

// PGWire configures PostgreSQL's protocol.
type PGWire struct {
	Listen         string        `yaml:"listen" check:"address" desc:"Address for psql, drivers and BI tools. Empty: none. Port 0 takes any free port."`
	CertFile       string        `yaml:"cert_file" desc:"PEM file of the server's certificate. Users must connect encrypted then. Empty: connections are not encrypted."`
	KeyFile        string        `yaml:"key_file" desc:"PEM file of the certificate's key."`
	MaxConnections int           `yaml:"max_connections" min:"1" max:"100000" desc:"Clients connected at once; further ones are refused."`
	IdleTimeout    time.Duration `yaml:"idle_timeout" min:"0s" max:"720h" desc:"Time after which a client that asks nothing is disconnected. 0s: never."`
}

// SQLRole is what some users may read.
type SQLRole struct {
	Name          string        `yaml:"name" check:"name" desc:"Name of the role."`
	Tables        []string      `yaml:"tables" desc:"Patterns of the tables that it reads, such as 'order*'. Empty: all."`
	Hidden        []string      `yaml:"hidden_columns" desc:"Columns that it does not see, as TABLE.COLUMN, such as quarantine.payload."`
	MaxConcurrent int           `yaml:"max_concurrent" min:"0" max:"256" desc:"Queries of one of its users that run at once. 0: olap.sql.max_concurrent."`
	MaxRows       int           `yaml:"max_rows" min:"0" max:"10000000" desc:"Rows of an answer. 0: olap.sql.max_rows."`
	Timeout       time.Duration `yaml:"timeout" min:"0s" max:"1h" desc:"Time after which a query is cancelled. 0s: olap.sql.timeout."`
}

// SQLUser is somebody who asks by SQL.
type SQLUser struct {
	Name     string `yaml:"name" check:"name" desc:"Name of the user."`
	Role     string `yaml:"role" desc:"Role of the user. Empty: everything is read."`
	Password Secret `yaml:"password_hash" desc:"Verifier of the password, as 'millrace sql password' writes it. Empty: no password is asked for, on this machine only."`
}
