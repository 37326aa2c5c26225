// Package grafana writes dashboards of Grafana: those of the business from the same boards
// and metrics as the console's, on Grafana's PostgreSQL data source through Millrace's own
// PostgreSQL protocol; those of the platform on Prometheus, which reads /metrics.
//
// [Files] returns everything that is in deploy/grafana. Nothing here talks to a Grafana.
package grafana
