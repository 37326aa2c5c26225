package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"
)

// The targets of the doors, per second of the server's processor time.
const (
	segmentSingles = 20_000
	segmentBatched = 200_000
	halfLoadP99    = 20 // ms
)

// singleConnections is how many clients send one event at a time.
const singleConnections = 256

// protocol is a door with what its clients send.
type protocol struct {
	name   string
	path   string
	header string // lines, each with its end
	batch  int    // events of a full request
	body   func(dst []byte, first int64, events int) []byte
	batchP string // path of a full request, if it is another
	batchH string // header of a full request, if it is another
	// sign returns header lines that depend on the body; nil: none do.
	sign func(dst, body []byte) []byte

	singles, batched float64 // targets; 0 for information
}

const (
	jsonBody  = "Content-Type: application/json\r\n"
	cloudBody = "Content-Type: application/cloudevents+json\r\n"
	cloudMany = "Content-Type: application/cloudevents-batch+json\r\n"
)

var protocols = []protocol{
	{
		name: "Segment", path: "/v1/track", batchP: "/v1/batch", header: jsonBody + basicAuth("sdk-write-key"), batch: 100,
		body: segmentBody, singles: segmentSingles, batched: segmentBatched,
	},
	{name: "Snowplow", path: "/snowplow/snowplow-write-key/com.snowplowanalytics.snowplow/tp2", header: jsonBody, batch: 100, body: snowplowBody},
	{
		name: "CloudEvents", path: "/v1/cloudevents", header: cloudBody + basicAuth("cloud-write-key"),
		batchH: cloudMany + basicAuth("cloud-write-key"), batch: 100, body: cloudBodies,
	},
	{
		name: "Webhook", path: "/v1/webhooks/hooks", header: jsonBody + "X-WC-Webhook-Topic: order.created\r\nX-WC-Webhook-Source: https://shop.example/\r\n",
		batch: 1, body: orderBody, sign: signOrder,
	},
	{name: "GA4", path: "/mp/collect?measurement_id=G-BENCH&api_secret=ga4-write-key", header: jsonBody, batch: 25, body: ga4Body},
}

func basicAuth(key string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(key+":")) + "\r\n"
}

// joined appends numbered events, separated by commas.
func joined(dst []byte, first int64, events int, each func(dst []byte, id int64) []byte) []byte {
	for i := range int64(events) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst, first+i)
	}
	return dst
}

func segmentBody(dst []byte, first int64, events int) []byte {
	each := func(dst []byte, id int64) []byte {
		return fmt.Appendf(dst, `{"messageId":"ajs-next-1720000000-%d","type":"track","event":"Product Viewed","userId":"u-%d","anonymousId":"f8a0-22",`+
			`"timestamp":"2026-11-21T10:00:00.000Z","properties":{"product_id":"85123A","name":"WHITE HANGING HEART","price":2.55,"currency":"GBP"}}`, id, id%5000)
	}
	if events == 1 {
		return each(dst, first)
	}
	return append(joined(append(dst, `{"batch":[`...), first, events, each), `]}`...)
}

func snowplowBody(dst []byte, first int64, events int) []byte {
	dst = append(dst, `{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[`...)
	return append(joined(dst, first, events, func(dst []byte, id int64) []byte {
		return fmt.Appendf(dst, `{"e":"ue","eid":"00000000-0000-4000-8000-%012d","tv":"node-4.8.0","tna":"sp","aid":"shop","p":"srv","uid":"u-%d","dtm":"1795255190000","stm":"1795255190010",`+
			`"ue_pr":"{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",\"data\":{\"schema\":\"iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2\",\"data\":{\"type\":\"product_view\"}}}",`+
			`"co":"{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0\",\"data\":[{\"schema\":\"iglu:com.snowplowanalytics.snowplow.ecommerce/product/jsonschema/1-0-0\",\"data\":{\"id\":\"85123A\",\"name\":\"WHITE HANGING HEART\",\"category\":\"home\",\"price\":2.55,\"currency\":\"GBP\"}}]}"}`,
			id, id%5000)
	}), `]}`...)
}

func cloudBodies(dst []byte, first int64, events int) []byte {
	each := func(dst []byte, id int64) []byte {
		return fmt.Appendf(dst, `{"specversion":"1.0","id":"%d","source":"/shop/web","type":"com.example.product.viewed","time":"2026-11-21T10:00:00Z","datacontenttype":"application/json",`+
			`"data":{"customer_id":"u-%d","currency":"GBP","items":[{"product_id":"85123A","name":"WHITE HANGING HEART","category":"home","price":2.55}]}}`, id, id%5000)
	}
	if events == 1 {
		return each(dst, first)
	}
	return append(joined(append(dst, '['), first, events, each), ']')
}

func ga4Body(dst []byte, first int64, events int) []byte {
	dst = fmt.Appendf(dst, `{"client_id":"%d.1720000000","user_id":"u-%d","timestamp_micros":1795255190000000,"events":[`, first, first%5000)
	return append(joined(dst, first, events, func(dst []byte, id int64) []byte {
		return fmt.Appendf(dst, `{"name":"view_item","params":{"session_id":"%d","engagement_time_msec":100,"currency":"GBP","value":2.55,`+
			`"items":[{"item_id":"85123A","item_name":"WHITE HANGING HEART","item_category":"home","price":2.55,"quantity":1}]}}`, id)
	}), `]}`...)
}

// orderBody is an order as WooCommerce delivers it.
func orderBody(dst []byte, first int64, _ int) []byte {
	return fmt.Appendf(dst, `{"id":%d,"status":"processing","currency":"GBP","date_created_gmt":"2026-11-21T10:00:00","total":"5.10","total_tax":"0.00","shipping_total":"0.00",`+
		`"customer_id":%d,"billing":{"email":"someone@example.com","country":"GB"},"line_items":[{"id":1,"name":"WHITE HANGING HEART","product_id":85123,"sku":"85123A","quantity":2,"price":2.55,"total":"5.10"}]}`, first+1, first%5000+1)
}

const hookSecret = "hook-secret"

// signOrder signs a body, and numbers its delivery, as WooCommerce does.
func signOrder(dst, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write(body)
	dst = append(dst, "X-WC-Webhook-Signature: "...)
	dst = base64.StdEncoding.AppendEncode(dst, mac.Sum(nil))
	return fmt.Appendf(dst, "\r\nX-WC-Webhook-Delivery-ID: %x\r\n", xxh3.Hash(body))
}

// doors measures every protocol: single events over 256 connections, full requests
// over 16, and how long answers take at half of the rate that was reached.
func doors(ctx context.Context, b *bench) ([]result, error) {
	var out []result
	for i := range protocols {
		p := &protocols[i]
		single, err := b.saturate(ctx, p, singleConnections, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		out = append(out, rated(p.name+", one event a request, durable", single.perCPU, p.singles, "requests/CPU-second"))
		if p.batch > 1 {
			full, err := b.saturate(ctx, p, 16, p.batch)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			out = append(out, rated(fmt.Sprintf("… %d events a request", p.batch), full.perCPU, p.batched, "events/CPU-second"))
		}
		if p.singles == 0 {
			continue
		}
		p99, err := b.halfLoad(ctx, p, single.perSecond/2)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		out = append(out, atMost(fmt.Sprintf("… answer p99 at half load (%s requests/s, open loop)", grouped(single.perSecond/2)), p99, halfLoadP99, "ms"))
	}
	return out, nil
}

func rated(what string, v, target float64, unit string) result {
	if target == 0 {
		return result{what: what, value: grouped(v) + " " + unit}
	}
	return atLeast(what, v, target, unit)
}

// reached is what a door took: events per second of the server's processor time,
// and of the clock.
type reached struct{ perCPU, perSecond float64 }

// saturate posts as fast as the connections can.
func (b *bench) saturate(ctx context.Context, p *protocol, connections, events int) (reached, error) {
	s, stop, err := b.startDoors()
	if err != nil {
		return reached{}, err
	}
	defer stop()
	before, err := s.cpu(ctx)
	if err != nil {
		return reached{}, err
	}
	var ids, sent atomic.Int64
	began := time.Now()
	end := began.Add(b.duration)
	err = s.clients(p, connections, func(c *client, _ int) error {
		for time.Now().Before(end) && ctx.Err() == nil {
			if err := c.post(p, ids.Add(int64(events))-int64(events), events); err != nil {
				return err
			}
			sent.Add(int64(events))
		}
		return ctx.Err()
	})
	if err != nil {
		return reached{}, err
	}
	took := time.Since(began).Seconds()
	after, err := s.cpu(ctx)
	if err != nil {
		return reached{}, err
	}
	return reached{float64(sent.Load()) / (after - before), float64(sent.Load()) / took}, s.stop()
}

// halfLoad posts single events at a fixed rate, by the schedule and not by the
// answers, and returns the 99th percentile of the time from when a request was due
// to its answer, ms.
func (b *bench) halfLoad(ctx context.Context, p *protocol, rate float64) (float64, error) {
	s, stop, err := b.startDoors()
	if err != nil {
		return 0, err
	}
	defer stop()
	var mu sync.Mutex // guards answers
	var answers []float64
	each := time.Duration(float64(time.Second) * singleConnections / rate)
	began := time.Now()
	err = s.clients(p, singleConnections, func(c *client, n int) error {
		offset := each * time.Duration(n) / singleConnections
		var own []float64
		for k := int64(0); ; k++ {
			due := began.Add(offset + time.Duration(k)*each)
			if due.Sub(began) > b.duration || ctx.Err() != nil {
				break
			}
			time.Sleep(time.Until(due))
			if err := c.post(p, k*singleConnections+int64(n), 1); err != nil {
				return err
			}
			own = append(own, millis(due))
		}
		mu.Lock()
		defer mu.Unlock()
		answers = append(answers, own...)
		return ctx.Err()
	})
	if err != nil {
		return 0, err
	}
	slices.Sort(answers)
	return answers[len(answers)*99/100], s.stop()
}

// startDoors starts log and doors only. stop ends what a failure left running.
func (b *bench) startDoors() (s *server, stop func(), err error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, nil, err
	}
	if s, err = b.start(dir, "doors"); err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	return s, func() {
		s.kill()
		_ = os.RemoveAll(dir)
	}, nil
}

// clients runs work on connections of its own, and returns the first error.
func (s *server) clients(p *protocol, connections int, work func(c *client, n int) error) error {
	var group sync.WaitGroup
	failures := make(chan error, connections)
	for n := range connections {
		group.Go(func() {
			c, err := dial(strings.TrimPrefix(s.url, "http://"))
			if err == nil {
				err = work(c, n)
				_ = c.conn.Close()
			}
			if err != nil {
				failures <- fmt.Errorf("%s: %w", p.path, err)
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

// client is a connection that requests are written to as bytes: the generator must
// not need more processor time than what it measures.
type client struct {
	conn    net.Conn
	reader  *bufio.Reader
	body    []byte
	request []byte
}

func dial(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, reader: bufio.NewReader(conn)}, nil
}

// post sends one request and fails on anything but success.
func (c *client) post(p *protocol, first int64, events int) error {
	path, header := p.path, p.header
	if events > 1 && p.batchP != "" {
		path = p.batchP
	}
	if events > 1 && p.batchH != "" {
		header = p.batchH
	}
	c.body = p.body(c.body[:0], first, events)
	c.request = fmt.Appendf(c.request[:0], "POST %s HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n%sContent-Length: %d\r\n", path, header, len(c.body))
	if p.sign != nil {
		c.request = p.sign(c.request, c.body)
	}
	c.request = append(c.request, "\r\n"...)
	c.request = append(c.request, c.body...)
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	return c.answer()
}

// answer reads the head of an answer, and skips its body.
func (c *client) answer() error {
	status, err := c.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	refused := ""
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 2")) {
		refused = string(status)
	}
	length := 0
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if refused != "" {
		body, _ := io.ReadAll(io.LimitReader(c.reader, int64(length)))
		return fmt.Errorf("answered %s%s", refused, body)
	}
	_, err = c.reader.Discard(length)
	return err
}
