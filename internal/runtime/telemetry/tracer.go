package telemetry

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// TracerOptions describes where traces go.
type TracerOptions struct {
	Endpoint    string  // URL of an OTLP/HTTP collector; empty: traces are not made
	SampleRatio float64 // share of root spans that are kept, 0 to 1
	Version     string  // of this binary
	Instance    string  // distinguishes processes of one platform
}

// NewTracerProvider returns a provider of tracers, and a function that sends what
// is buffered and ends the provider. A collector that cannot be reached costs its
// spans, not the events that they describe.
func NewTracerProvider(ctx context.Context, o TracerOptions) (trace.TracerProvider, func(context.Context) error, error) {
	if o.Endpoint == "" {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(tracesURL(o.Endpoint)))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot export traces to %s: %w", o.Endpoint, err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.SampleRatio))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "millrace"),
			attribute.String("service.version", o.Version),
			attribute.String("service.instance.id", o.Instance),
		)),
	)
	return provider, provider.Shutdown, nil
}

// tracesURL adds OTLP's path to a collector's base URL, as the specification of
// OTEL_EXPORTER_OTLP_ENDPOINT does; a URL with a path of its own is kept.
func tracesURL(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return endpoint
	}
	return u.JoinPath("v1", "traces").String()
}
