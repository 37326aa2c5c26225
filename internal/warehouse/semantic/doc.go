// Package semantic writes the catalogue of metrics for BI tools that compute numbers
// themselves: datasets with their metrics for Superset, models for Metabase, and the page that
// tells how to use them. Nothing in it is declared twice: rows, fields and metrics are those of
// package metric.
package semantic
