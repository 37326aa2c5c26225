package duckdb

import "github.com/millrace/millrace/internal/store/olap"

func checkUntrusted(c *connection, sql string, tables []olap.Table) error { return nil }
