package streamtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Event is an accepted event to send. Fields that are empty stay so in the batch.
type Event struct {
	Time     int64 // event time, µs; see [At]
	Received int64 // 0: Time
	Type     string
	Source   string // "": [Source]
	Late     bool   // marked late

	Customer   string
	Anonymous  string
	Order      string
	Session    string
	Country    string
	Currency   string
	Amount     event.Micros
	Properties string // JSON
}

func (e *Event) source() string {
	if e.Source == "" {
		return Source
	}
	return e.Source
}

func (e *Event) addTo(b *event.Batch, offset int64) {
	received := e.Received
	if received == 0 {
		received = e.Time
	}
	i := b.Add(offset, received, 0, nil)
	b.Time[i], b.Verdict[i], b.Amount[i] = e.Time, event.Accepted, e.Amount
	if e.Late {
		b.Marks[i] |= event.Late
	}
	b.Type.Set(i, e.Type)
	b.Source.Set(i, e.source())
	b.Country.Set(i, e.Country)
	b.Currency.Set(i, e.Currency)
	b.CustomerID[i], b.AnonymousID[i], b.OrderID[i], b.SessionID[i] = e.Customer, e.Anonymous, e.Order, e.Session
	b.Properties[i] = e.Properties
}

// Day is the date of times that are given without one.
const Day = "2026-01-05"

// At returns the µs of a time: "10:00:05", "10:00:05.25" of [Day], or one in the form
// of RFC 3339. Other texts panic.
func At(text string) int64 {
	at, err := parseTime(text)
	if err != nil {
		panic(err.Error())
	}
	return at
}

func parseTime(text string) (int64, error) {
	full := text
	if !strings.Contains(text, "T") {
		full = Day + "T" + text + "Z"
	}
	at, err := time.Parse(time.RFC3339Nano, full)
	if err != nil {
		return 0, fmt.Errorf("time %q: want 10:00:05, or 2026-01-05T10:00:05Z", text)
	}
	return at.UnixMicro(), nil
}

// parseEvent reads "10:00:05 customer=alice type=view amount=3.50", and the
// partition, which is 0 when there is no partition=n.
func parseEvent(line string) (e Event, partition int, err error) {
	fields := strings.Fields(line)
	if e.Time, err = parseTime(fields[0]); err != nil {
		return e, 0, err
	}
	texts := map[string]*string{
		"type": &e.Type, "source": &e.Source, "customer": &e.Customer, "anonymous": &e.Anonymous, "order": &e.Order,
		"session": &e.Session, "country": &e.Country, "currency": &e.Currency, "properties": &e.Properties,
	}
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		to, isText := texts[name]
		switch {
		case isText:
			*to = value
		case name == "amount":
			e.Amount, err = event.ParseMicros(value)
		case name == "partition":
			_, err = fmt.Sscanf(value, "%d", &partition)
		case name == "received":
			e.Received, err = parseTime(value)
		case name == "late":
			e.Late = true
		default:
			err = fmt.Errorf("an event has no field %q", name)
		}
		if err != nil {
			return e, 0, fmt.Errorf("%q: %w", line, err)
		}
	}
	return e, partition, nil
}
