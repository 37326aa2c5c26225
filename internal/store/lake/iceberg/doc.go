// Package iceberg keeps the lake as Iceberg tables, version 2 of the format: their files
// and metadata in a folder, their catalogue in an SQLite database, as other clients of
// Iceberg open both (pyiceberg's SQL catalogue, Spark's JDBC catalogue).
package iceberg
