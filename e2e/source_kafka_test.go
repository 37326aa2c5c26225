//go:build sources

package e2e

import (
	"context"
	encoding "encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/servicetest"
)

// elsewhere is another Millrace, whose log is the other cluster.
type elsewhere struct {
	t       *testing.T
	address string
	args    []string
	mu      sync.Mutex
	process *platform
}

func openElsewhere(t *testing.T, topic string) *elsewhere {
	t.Helper()
	e := &elsewhere{t: t, address: freeAddress(t)}
	e.args = append(configured(t, ""), "--kafka-listen", e.address)
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(e.address), kgo.DisableClientMetrics())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 4, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *elsewhere) Kill() { e.process.kill() }

func (e *elsewhere) Start() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.process = up(e.t, e.args...)
	return nil
}

// produce writes to a topic of the other cluster, and returns once it is durable there.
func (e *elsewhere) produce(records ...*kgo.Record) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(e.address), kgo.RecordDeliveryTimeout(5*time.Second),
		kgo.AllowIdempotentProduceCancellation(), kgo.DisableClientMetrics(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return client.ProduceSync(ctx, records...).FirstErr()
}

func TestEachRecordOfAnotherKafkaOnceThroughKills(t *testing.T) {
	t.Parallel()
	other := openElsewhere(t, "till")
	config := fmt.Sprintf("sources:\n  - {name: till, adapter: native, kafka: {brokers: [%q], topics: [till], group: millrace}}\n", other.address)
	chaos(t, config, other, func(lines []string) error {
		records := make([]*kgo.Record, len(lines))
		for i, line := range lines {
			records[i] = &kgo.Record{Topic: "till", Key: []byte{byte(i)}, Value: []byte(line)}
		}
		return other.produce(records...)
	})
}

// A registry may be down when a record comes; the record waits.
func TestAvroOfAnotherKafkaWithARegistry(t *testing.T) {
	t.Parallel()
	other := openElsewhere(t, "sales")
	address := servicetest.FreeAddress(t)
	const schema = `{"type":"record","name":"Sale","fields":[{"name":"id","type":"string"},{"name":"type","type":"string"},` +
		`{"name":"order_id","type":"string"},{"name":"currency","type":"string"},{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}`
	record := func(id uint32, values ...string) *kgo.Record {
		b := encoding.BigEndian.AppendUint32([]byte{0}, id)
		for _, v := range values {
			b = append(encoding.AppendVarint(b, int64(len(v))), v...)
		}
		return &kgo.Record{Topic: "sales", Value: b}
	}
	err := other.produce(
		record(1, "s-1", "sale", "o-1", "EUR", "\x04\xe2"), // 12.50
		record(1, "s-2", "sale"), record(7, "s-3"), &kgo.Record{Topic: "sales", Value: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("sources:\n  - name: till\n    adapter: native\n    kafka: {brokers: [%q], topics: [sales], format: avro, registry: {url: %q}}\n", other.address, "http://"+address)
	p := up(t, configured(t, config)...)
	p.eventually("the source to miss the registry", waitLong, func() bool {
		return strings.Contains(p.get("/metrics"), "millrace_") && p.ledgerOf("till").Received == 0 && strings.Contains(p.stderr.String(), "from the registry")
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /schemas/ids/1", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"schema":%q}`, schema)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":40403,"message":"Schema not found"}`)
	})
	server := &http.Server{Addr: address, Handler: mux}
	go func() { _ = server.ListenAndServe() }()
	t.Cleanup(func() { _ = server.Close() })
	p.wantLedger("till", ledgerCounts{Received: 4, Accepted: 1, Rejected: 3})
	p.wantTable("the sale", `SELECT order_id, amount::DECIMAL(18,2)::VARCHAR FROM events`, `o-1 | 12.50`)
	p.wantTable("what is none", `SELECT reason, count(*) FROM rejections GROUP BY 1 ORDER BY 1`, "schema_unknown | 1\nundecodable | 2")
	p.wantTable("where it was", `SELECT DISTINCT regexp_replace(stream, '/\d+$', '') FROM rejections`, `kafka:sales`)
}
