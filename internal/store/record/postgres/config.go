package postgres

// Config says which database it is.
type Config struct {
	// URL is its address: postgres://user:password@host:5432/name. Its parameters are
	// those of pgx, such as pool_max_conns.
	URL string
}
