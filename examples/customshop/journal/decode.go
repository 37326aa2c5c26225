package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// decoder reads lines. It serves one goroutine.
type decoder struct {
	hook adapter.Telemetry
	key  []byte

	b *event.Batch // at hand
	i int
}

// line is a line of the journal. Its fields are parts of the payload.
type line struct{ kind, receipt, at, content, card string }

// cut splits a line; ok says that it is one.
func cut(text string) (l line, ok bool) {
	if !utf8.ValidString(text) {
		return l, false
	}
	fields := [...]*string{&l.kind, &l.receipt, &l.at, &l.content, &l.card}
	for n, f := range fields {
		var more bool
		*f, text, more = strings.Cut(text, "|")
		if more != (n < len(fields)-1) {
			return l, false
		}
	}
	till, number, _ := strings.Cut(l.receipt, "/")
	return l, till != "" && number != ""
}

// RouteKey implements [adapter.Decoder]: the customer's card, else the receipt.
func (d *decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	l, ok := cut(jsontext.View(r.Payload))
	switch {
	case !ok:
		return dst, adapter.ErrUndecodable
	case l.card != "":
		return append(dst, l.card...), nil
	}
	return append(dst, l.receipt...), nil
}

// The first byte of an idempotency key.
const (
	keyOfBytes   = 0
	keyOfReceipt = 1
)

// IdempotencyKey implements [adapter.Decoder].
func (d *decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	if l, ok := cut(jsontext.View(r.Payload)); ok {
		return append(append(dst, keyOfReceipt), l.receipt...)
	}
	dst = append(append(dst, keyOfBytes), r.Payload...)
	return binary.BigEndian.AppendUint32(dst, r.Number())
}

// Decode implements [adapter.Decoder].
func (d *decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.b, d.i = b, i
	d.key = d.IdempotencyKey(d.key[:0], r)
	b.ID[i] = event.NewID(r.Source, d.key)
	l, ok := cut(jsontext.View(r.Payload))
	if !ok {
		text := strings.ToValidUTF8(string(r.Payload), "?")
		d.problem(event.Undecodable, "journal.line", "payload", text, "want kind|till/number|time|content|card")
		return
	}
	b.Check[i] = max(crc32.ChecksumIEEE(r.Payload), 1)
	b.Channel.Set(i, "store")
	b.Currency.Set(i, "EUR")
	b.CustomerID[i] = l.card
	d.time(l.at)
	switch l.kind {
	case "S":
		b.Type.Set(i, Sale)
		b.OrderID[i] = l.receipt
		d.articles(l.content)
	case "V":
		b.Type.Set(i, Void)
		d.voided(l.content)
	case "N":
		b.Type.Set(i, Opened)
		b.OrderID[i] = l.receipt
	default:
		d.problem(event.Schema, "journal.kind", "type", l.kind, "want S, V or N")
	}
}

func (d *decoder) problem(category event.Category, rule, field, value, message string) {
	d.b.AddProblem(d.i, category, rule, field, value, message)
	if d.hook != nil {
		d.hook.Problem(Name, category)
	}
}

func (d *decoder) time(text string) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		d.problem(event.Format, "journal.time", "event_time", text, "want a time as 2025-03-10T07:02:11+01:00")
		return
	}
	d.b.Time[d.i] = at.UnixMicro()
}

func (d *decoder) voided(receipt string) {
	if receipt == "" {
		d.problem(event.Missing, "journal.voided", "order_id", "", "want the receipt that was voided")
	}
	d.b.OrderID[d.i] = receipt
}

// articles reads "rye*1@3.40;roll*4@0.45".
func (d *decoder) articles(content string) {
	var total event.Micros
	for more := true; more; {
		var text string
		text, content, more = strings.Cut(content, ";")
		amount, err := d.article(text)
		switch {
		case err != nil:
			d.problem(event.Format, "journal.article", "items", text, err.Error())
		case total > math.MaxInt64-amount:
			d.problem(event.OutOfRange, "journal.total", "amount", "", "the sum of the articles does not fit")
		default:
			total += amount
		}
	}
	d.b.Amount[d.i] = total
}

func (d *decoder) article(text string) (amount event.Micros, err error) {
	name, rest, _ := strings.Cut(text, "*")
	pieces, each, _ := strings.Cut(rest, "@")
	quantity, err := strconv.ParseInt(pieces, 10, 64)
	if err != nil || quantity <= 0 || name == "" {
		return 0, errors.New("want name*pieces@price, as rye*1@3.40")
	}
	price, err := event.ParseMicros(each)
	if err != nil || price < 0 {
		return 0, fmt.Errorf("%q is no price", each)
	}
	amount, ok := price.Mul(quantity)
	if !ok {
		return 0, fmt.Errorf("%d times %s does not fit", quantity, price)
	}
	k, items := d.b.AddItem(), &d.b.Items
	items.ProductID[k], items.Name[k] = name, name
	items.Kind.Set(k, event.KindSale)
	items.Quantity[k], items.Price[k], items.Amount[k] = quantity, price, amount
	return amount, nil
}
