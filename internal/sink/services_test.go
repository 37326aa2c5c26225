//go:build sources

package sink_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/gzip"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/sink"
	postgressink "github.com/millrace/millrace/internal/sink/postgres"
	"github.com/millrace/millrace/internal/sink/rabbit"
	redissink "github.com/millrace/millrace/internal/sink/redis"
	s3sink "github.com/millrace/millrace/internal/sink/s3"
)

// messages of the tests on real services.
const messages = 20_000

// restarting kills a service while a sink delivers to it, and starts it again.
func restarting(t *testing.T, s *servicetest.Service) func() {
	return func() {
		s.Kill()
		s.Restart(t)
	}
}

func TestRealPostgresHasEachMessageOnce(t *testing.T) {
	s := newShop(t)
	server := servicetest.Postgres(t, "fsync = on")
	db := connect(t, server.PostgresURL())
	execute(t, db, `CREATE TABLE orders (id text PRIMARY KEY, customer text, n bigint, total numeric(18,2), noted timestamptz DEFAULT now())`)
	execute(t, db, `CREATE TABLE newest (customer text PRIMARY KEY, n bigint, total numeric)`)
	cfg := s.postgres(server.PostgresURL(), "orders")
	s.send(messages)
	s.delivered(cfg, restarting(t, server))
	db = connect(t, server.PostgresURL())
	if got, want := row(t, db, `SELECT count(*), sum(n), sum(total) FROM orders`), sums(s.sent); got != want {
		t.Errorf("the table has %s, want %s", got, want)
	}

	// With a key a later message replaces an earlier one.
	latest := s.postgres(server.PostgresURL(), "newest", "customer")
	latest.Name = "newest"
	s.delivered(latest, nil)
	for key := range keys {
		newest := s.sent - 1 - (s.sent-1-key)%keys
		if got, want := row(t, db, fmt.Sprintf(`SELECT n, total FROM newest WHERE customer = 'c%d'`, key)), fmt.Sprintf("%d %d.50", newest, newest); got != want {
			t.Errorf("customer %d has %s, want %s", key, got, want)
		}
	}
}

// A row that the table does not take is a dead letter; its neighbours are inserted.
func TestRealPostgresRefusesARow(t *testing.T) {
	s := newShop(t)
	server := servicetest.Postgres(t)
	db := connect(t, server.PostgresURL())
	execute(t, db, `CREATE TABLE orders (id text PRIMARY KEY, n bigint CHECK (n <> 33))`)
	s.send(100)
	cfg := s.postgres(server.PostgresURL(), "orders")
	cfg.DeadLetters = "dead"
	s.delivered(cfg, nil)
	if got := row(t, db, `SELECT count(*) FROM orders`); got != "99" {
		t.Errorf("the table has %s rows", got)
	}
	if dead := s.read("dead", 1)[0]; string(dead.Value) != order(33) {
		t.Errorf("dead letter %s", dead.Value)
	}
}

func (s *shop) postgres(url, table string, key ...string) sink.Config {
	cfg := s.config("postgres", func(ctx context.Context) (sink.Destination, error) {
		return postgressink.Open(ctx, postgressink.Config{Name: table, URL: url, Table: table, Key: key})
	})
	cfg.BatchRecords = 250
	return cfg
}

// sums are number, sum of numbers and sum of totals of the messages.
func sums(n int) string {
	sum := n * (n - 1) / 2
	return fmt.Sprintf("%d %d %d.%02d", n, sum, sum+n/2, n%2*50)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	var db *pgx.Conn
	until(t, "the server takes connections", func() bool {
		var err error
		db, err = pgx.Connect(t.Context(), url)
		return err == nil
	})
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

func execute(t *testing.T, db *pgx.Conn, statement string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func row(t *testing.T, db *pgx.Conn, query string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), query, pgx.QueryExecModeSimpleProtocol) // values as text
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		for _, v := range rows.RawValues() {
			got = append(got, string(v))
		}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return strings.Join(got, " ")
}

func TestRealRedisHasEachMessageOnce(t *testing.T) {
	s := newShop(t)
	server := servicetest.Redis(t)
	cfg := s.config("redis", func(ctx context.Context) (sink.Destination, error) {
		return redissink.Open(ctx, redissink.Config{Name: "crm", Address: server.Address, Password: servicetest.Password, Stream: "orders"})
	})
	cfg.BatchRecords = 250
	s.send(messages)
	s.delivered(cfg, restarting(t, server))
	client := redis.NewClient(&redis.Options{Addr: server.Address, Password: servicetest.Password})
	defer client.Close()
	all, err := client.XRange(t.Context(), "orders", "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]string, len(all))
	for i, m := range all {
		values[i] = m.Values["payload"].(string)
	}
	s.inOrder(values, true)
}

func TestRealRabbitMQHasEachMessage(t *testing.T) {
	s := newShop(t)
	server := servicetest.RabbitMQ(t)
	channel := rabbitChannel(t, servicetest.RabbitURL(server))
	if _, err := channel.QueueDeclare("orders", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	cfg := s.config("amqp", func(context.Context) (sink.Destination, error) {
		return rabbit.Open(rabbit.Config{Name: "crm", URL: servicetest.RabbitURL(server), RoutingKey: "orders", Clock: clock.Real()})
	})
	s.send(messages / 4)
	killed := false
	s.delivered(cfg, func() {
		if !killed { // it takes seconds to start
			killed = true
			restarting(t, server)()
		}
	})
	channel = rabbitChannel(t, servicetest.RabbitURL(server))
	ids := make(map[string]string)
	for {
		m, more, err := channel.Get("orders", true)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if known, ok := ids[m.MessageId]; ok && known != string(m.Body) {
			t.Fatalf("id %s is of two messages", m.MessageId)
		}
		ids[m.MessageId] = string(m.Body)
	}
	if len(ids) != s.sent {
		t.Errorf("the queue has %d of %d messages", len(ids), s.sent)
	}
}

// What no queue takes is not lost: the sink waits, and says why.
func TestRealRabbitMQHasNoQueue(t *testing.T) {
	s := newShop(t)
	server := servicetest.RabbitMQ(t)
	s.send(10)
	one, stop := s.start(s.config("amqp", func(context.Context) (sink.Destination, error) {
		return rabbit.Open(rabbit.Config{Name: "crm", URL: servicetest.RabbitURL(server), RoutingKey: "orders", Clock: clock.Real()})
	}))
	defer stop()
	until(t, "it says that no queue is bound", func() bool { return strings.Contains(one.Stats().LastError, "declare and bind") })
	channel := rabbitChannel(t, servicetest.RabbitURL(server))
	if _, err := channel.QueueDeclare("orders", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "it goes on", func() bool { return one.Stats().Delivered == 10 })
}

func rabbitChannel(t *testing.T, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	channel, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func TestRealBucketHasEachMessageOnce(t *testing.T) {
	s := newShop(t)
	server := servicetest.VersityGateway(t)
	client, err := minio.New(server.Address, &minio.Options{Creds: credentials.NewStaticV4(server.AccessKey, server.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.MakeBucket(t.Context(), "shop", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	cfg := s.config("s3", func(ctx context.Context) (sink.Destination, error) {
		return s3sink.Open(ctx, s3sink.Config{
			Bucket: "shop", Prefix: "raw/", Endpoint: "http://" + server.Address, AccessKey: server.AccessKey, SecretKey: server.SecretKey,
		})
	})
	cfg.BatchRecords = 500
	s.send(messages)
	s.delivered(cfg, restarting(t, server.Service))
	var values []string
	for o := range client.ListObjects(t.Context(), "shop", minio.ListObjectsOptions{Prefix: "raw/topic=orders/", Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		object, err := client.GetObject(t.Context(), "shop", o.Key, minio.GetObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := gzip.NewReader(object)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := io.ReadAll(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := object.Close(); err != nil {
			t.Fatal(err)
		}
		values = append(values, strings.Split(strings.TrimSpace(string(lines)), "\n")...)
	}
	s.inOrder(values, true)
}
