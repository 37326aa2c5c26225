package job_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// bookkeeping are the columns that say which revision of a result a row is.
var bookkeeping = []string{"revision", "phase", "retracted"}

func TestEveryColumnHasAnOrigin(t *testing.T) {
	for _, j := range job.All(job.Params{}) {
		known, published := make(map[string]bool), make(map[string]bool)
		for _, o := range j.Origins() {
			if o.Column != "" {
				known[o.Output+"."+o.Column] = true
			}
		}
		for _, sink := range j.Sinks() {
			table, err := result.NewTable(&sink)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range table.Table.Columns {
				name := sink.Name + "." + c.Name
				if !known[name] && !slices.Contains(bookkeeping, c.Name) {
					t.Errorf("job %s does not say what %s is made of", j.Name(), name)
				}
				published[name] = true
			}
		}
		for name := range known {
			if !published[name] {
				t.Errorf("job %s says what %s is made of, which it does not publish", j.Name(), name)
			}
		}
	}
}

// changes are ways to change a field of events. What an event has nothing of stays.
var changes = map[string]func(b *event.Batch, i int){
	"customer_id":     func(b *event.Batch, i int) { b.CustomerID[i] = other(b.CustomerID[i]) },
	"anonymous_id":    func(b *event.Batch, i int) { b.AnonymousID[i] = other(b.AnonymousID[i]) },
	"order_id":        func(b *event.Batch, i int) { b.OrderID[i] = other(b.OrderID[i]) },
	"session_id":      func(b *event.Batch, i int) { b.SessionID[i] = other(b.SessionID[i]) },
	"channel":         func(b *event.Batch, i int) { b.Channel.Set(i, other(b.Channel.Get(i))) },
	"country":         func(b *event.Batch, i int) { b.Country.Set(i, other(b.Country.Get(i))) },
	"currency":        func(b *event.Batch, i int) { b.Currency.Set(i, other(b.Currency.Get(i))) },
	"source":          func(b *event.Batch, i int) { b.Source.Set(i, other(b.Source.Get(i))) },
	"amount":          func(b *event.Batch, i int) { b.Amount[i] *= 3 },
	"properties":      func(b *event.Batch, i int) { b.Properties[i] = "" },
	"context":         func(b *event.Batch, i int) { b.Context[i] = "" },
	"item.product_id": items(func(it *event.Items, k int) { it.ProductID[k] = other(it.ProductID[k]) }),
	"item.name":       items(func(it *event.Items, k int) { it.Name[k] = other(it.Name[k]) }),
	"item.category":   items(func(it *event.Items, k int) { it.Category.Set(k, other(it.Category.Get(k))) }),
	"item.quantity":   items(func(it *event.Items, k int) { it.Quantity[k] *= 3 }),
	"item.price":      items(func(it *event.Items, k int) { it.Price[k] /= 7 }),
	"item.amount":     items(func(it *event.Items, k int) { it.Amount[k] *= 3 }),
	"item.kind":       items(func(it *event.Items, k int) { it.Kind.Set(k, event.KindFee) }),
}

func items(change func(*event.Items, int)) func(*event.Batch, int) {
	return func(b *event.Batch, i int) {
		from, to := b.ItemRange(i)
		for k := from; k < to; k++ {
			change(&b.Items, k)
		}
	}
}

// other is another text, in the order in which they were; that of none is none.
func other(text string) string {
	if text == "" {
		return ""
	}
	return "~" + text
}

// TestAFieldThatAJobDoesNotNameChangesNothing plays a shop's days to each job, and again
// with all fields of events changed that the job does not name as an origin: its results
// must be the same. Type and time are named by all jobs.
func TestAFieldThatAJobDoesNotNameChangesNothing(t *testing.T) {
	tp := record(t, scenario(t, "incidents", func(c *generate.Config) { c.Rate = 2 }), 6_000)
	s := stage{partitions: 1, shards: 1, batch: 3_000}
	for _, j := range job.All(job.Params{}) {
		t.Run(j.Name(), func(t *testing.T) {
			plain := play(t, s, j, tp.deliveries)
			same := func(fields ...string) bool {
				change := func(b *event.Batch, i int) {
					for _, field := range fields {
						changes[field](b, i)
					}
				}
				return slices.EqualFunc(plain, playChanged(t, s, j, tp.deliveries, change), func(a, b output) bool {
					return a.sink == b.sink && bytes.Equal(a.row, b.row)
				})
			}
			reads := readsOf(j)
			var named, unnamed []string
			for _, field := range slices.Sorted(maps.Keys(changes)) {
				if reads[field] {
					named = append(named, field)
				} else {
					unnamed = append(unnamed, field)
				}
			}
			if len(plain) > 0 && same(named...) {
				t.Errorf("no field that job %s names changes its %d results: the test shows nothing", j.Name(), len(plain))
			}
			if same(unnamed...) {
				return
			}
			for _, field := range unnamed {
				if !same(field) {
					t.Errorf("job %s reads %s, which no origin names", j.Name(), field)
				}
			}
			if !t.Failed() {
				t.Errorf("job %s reads what no origin names, of %s together", j.Name(), strings.Join(unnamed, ", "))
			}
		})
	}
}

// readsOf are the fields that a job names; of members the section.
func readsOf(j *stream.Job) map[string]bool {
	named := make(map[string]bool)
	for _, o := range j.Origins() {
		for _, f := range o.Fields {
			if section, _, nested := strings.Cut(f, "."); nested && section != "item" {
				f = section
			}
			named[f] = true
		}
	}
	return named
}
