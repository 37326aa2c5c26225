package config

import "time"

// MySQLSource configures a MySQL or MariaDB database as a source.
type MySQLSource struct {
	Address      string        `yaml:"address" check:"address" desc:"Address of the server, such as db:3306. Empty: no such source."`
	User         string        `yaml:"user" desc:"User, who needs SELECT on the tables, REPLICATION SLAVE and BINLOG MONITOR (MySQL: REPLICATION CLIENT and RELOAD)."`
	Password     Secret        `yaml:"password" desc:"Password of the user."`
	TLS          TLS           `yaml:"tls" desc:"Encryption towards the server."`
	Tables       []string      `yaml:"tables" desc:"Tables to take, such as shop.orders."`
	ServerID     int           `yaml:"server_id" min:"0" max:"4294967295" desc:"Id as a replica, which no other replica of the server may have. 0: made from the source's name."`
	Snapshot     string        `yaml:"snapshot" oneof:"|initial|never" desc:"Whether rows that are there already are taken: initial, once for each table; never. Default initial."`
	OnLostLog    string        `yaml:"on_lost_log" oneof:"|fail|restart" desc:"What is done when the server has removed binary logs that were not read: fail tells so and waits for help; restart reads the tables again and goes on from there. Default fail."`
	SaveInterval time.Duration `yaml:"save_interval" min:"0s" max:"10m" desc:"How often the position in the binary log is stored. Default 1s; 0s means that."`
}
