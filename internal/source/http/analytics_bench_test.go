package httpsource_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/cloudevents"
	"github.com/millrace/millrace/adapter/ga4"
	"github.com/millrace/millrace/adapter/segment"
	"github.com/millrace/millrace/adapter/snowplow"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// benchmarkAdapter sends to a door whose source has the real adapter: the figures
// are what a format costs beside the others.
func benchmarkAdapter(b *testing.B, a adapter.Adapter, path, body string, events int, headers ...string) {
	d := open(b, func(c *httpsource.Config) {
		c.Appender = noLog{}
		c.Sources = []httpsource.Source{{Name: "bench", Adapter: a, Keys: [][32]byte{sha256.Sum256([]byte("key"))}}}
	})
	benchmarkRequest(b, d, path, body, events, append(headers, "User-Agent", "bench", "Authorization", "Bearer key")...)
}

// repeated joins numbered events.
func repeated(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, ",")
}

const (
	segmentFormat  = `{"messageId":"ajs-next-1720000000-%06d","type":"track","event":"Product Viewed","userId":"u-1","anonymousId":"f8a0-22","timestamp":"2026-11-21T10:00:00.000Z","properties":{"product_id":"85123A","name":"WHITE HANGING HEART","price":2.55,"currency":"GBP"}}`
	snowplowFormat = `{"e":"se","eid":"00000000-0000-4000-8000-%012d","tv":"js-4","aid":"shop","p":"web","uid":"u-1","duid":"f8a0-22","dtm":"1795255190000","stm":"1795255190010","se_ca":"shop","se_ac":"Product Viewed","se_la":"85123A","se_pr":"WHITE HANGING HEART","url":"https://shop.test/"}`
	cloudFormat    = `{"specversion":"1.0","id":"%06d","source":"/shop","type":"com.example.product.viewed","time":"2026-11-21T10:00:00Z","data":{"customer_id":"u-1","currency":"GBP","items":[{"product_id":"85123A","name":"WHITE HANGING HEART","price":2.55}]}}`
	ga4Format      = `{"name":"view_item","params":{"session_id":"%06d","currency":"GBP","value":2.55,"items":[{"item_id":"85123A","item_name":"WHITE HANGING HEART","price":2.55}]}}`
	ga4Start       = `{"client_id":"12.34","user_id":"u-1","timestamp_micros":1795255190000000,"events":[`
	tp2            = "/com.snowplowanalytics.snowplow/tp2"
	ga4Path        = "/mp/collect?measurement_id=G-1&api_secret=key"
)

func BenchmarkAdapterSegment(b *testing.B) {
	benchmarkAdapter(b, segment.New(), "/v1/track", repeated(1, segmentFormat), 1)
}

func BenchmarkAdapterSegment100(b *testing.B) {
	benchmarkAdapter(b, segment.New(), "/v1/batch", `{"batch":[`+repeated(100, segmentFormat)+`]}`, 100)
}

func BenchmarkAdapterSnowplow(b *testing.B) {
	benchmarkAdapter(b, snowplow.New(), tp2, payloadData+`[`+repeated(1, snowplowFormat)+`]}`, 1)
}

func BenchmarkAdapterSnowplow100(b *testing.B) {
	benchmarkAdapter(b, snowplow.New(), tp2, payloadData+`[`+repeated(100, snowplowFormat)+`]}`, 100)
}

func BenchmarkAdapterCloudEvents(b *testing.B) {
	benchmarkAdapter(b, cloudevents.New(), "/v1/cloudevents", repeated(1, cloudFormat), 1, "Content-Type", "application/cloudevents+json")
}

func BenchmarkAdapterCloudEventsBinary(b *testing.B) {
	benchmarkAdapter(b, cloudevents.New(), "/v1/cloudevents", `{"customer_id":"u-1","currency":"GBP","items":[{"product_id":"85123A","price":2.55}]}`, 1,
		"Content-Type", "application/json", "Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/shop", "Ce-Type", "com.example.product.viewed", "Ce-Time", "2026-11-21T10:00:00Z")
}

func BenchmarkAdapterCloudEvents100(b *testing.B) {
	benchmarkAdapter(b, cloudevents.New(), "/v1/cloudevents", `[`+repeated(100, cloudFormat)+`]`, 100, "Content-Type", "application/cloudevents-batch+json")
}

func BenchmarkAdapterGA4(b *testing.B) {
	benchmarkAdapter(b, ga4.New(), ga4Path, ga4Start+repeated(1, ga4Format)+`]}`, 1)
}

func BenchmarkAdapterGA4With25(b *testing.B) {
	benchmarkAdapter(b, ga4.New(), ga4Path, ga4Start+repeated(25, ga4Format)+`]}`, 25)
}
