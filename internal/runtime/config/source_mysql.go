package config

// MySQLSource configures a MySQL or MariaDB database as a source.
type MySQLSource struct {
	Address string `yaml:"address" check:"address" desc:"Address of the server, such as db:3306. Empty: no such source."`
}
