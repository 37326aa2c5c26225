package config

// Schema configures the schema registry.
type Schema struct {
	Listen      string `yaml:"listen" check:"address" desc:"Address of a listener of its own for the schema registry, for clients that take no path. Empty: it is at /registry of http.listen only."`
	RegistryURL string `yaml:"registry_url" check:"url" desc:"Address of another schema registry with Confluent's API, in which schemas of results are registered. Empty: the one within."`
}

// Records configures the record store.
type Records struct {
	URL Secret `yaml:"url" desc:"Address of a PostgreSQL database, postgres://user:password@host/name, that keeps the records, so that several processes share them. Empty: a file in the data folder."`
}
