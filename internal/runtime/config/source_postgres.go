package config

// PostgresSource configures a PostgreSQL database as a source.
type PostgresSource struct {
	URL Secret `yaml:"url" desc:"Connection URL, such as postgres://user:password@host:5432/shop. Empty: no such source."`
}
