// Package gateway is Millrace's HTTP API: typed operations under /api/v1 that
// describe themselves as OpenAPI 3.1, live views over server-sent events, SQL
// as JSON, CSV or Arrow, health, readiness and metrics. Errors are RFC 9457
// problems.
//
// The gateway owns no state of the platform. What it needs is handed in as small
// interfaces (see [Config]); doors and console are mounted beside it on the same
// mux.
//
// docs/openapi.json is generated from the types of this package:
//
//	go run ./internal/gateway/cmd/openapi > docs/openapi.json
package gateway
