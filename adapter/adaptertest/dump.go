package adaptertest

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// Dump writes what a batch says of its events, one field a line, empty ones left
// out.
func Dump(b *event.Batch) string {
	var out strings.Builder
	for i := range b.Len() {
		dumpEvent(&out, b, i)
		from, to := b.ItemRange(i)
		for k := from; k < to; k++ {
			it := &b.Items
			fmt.Fprintf(&out, "  item %s %d × %s = %s", it.Kind.Get(k), it.Quantity[k], it.Price[k], it.Amount[k])
			for _, f := range [][2]string{{"product_id", it.ProductID[k]}, {"name", it.Name[k]}, {"category", it.Category.Get(k)}} {
				if f[1] != "" {
					fmt.Fprintf(&out, " %s=%q", f[0], f[1])
				}
			}
			out.WriteByte('\n')
		}
		for _, p := range b.Problems {
			if int(p.Event) == i {
				fmt.Fprintf(&out, "  PROBLEM %s %s %s %q: %s\n", p.Category, p.Rule, p.Field, p.Value, p.Message)
			}
		}
		for _, c := range b.Changes {
			if int(c.Event) == i {
				fmt.Fprintf(&out, "  CHANGE %s %s %q -> %q\n", c.Rule, c.Field, c.Before, c.After)
			}
		}
	}
	return out.String()
}

func dumpEvent(out *strings.Builder, b *event.Batch, i int) {
	fmt.Fprintf(out, "line %d id %s check %08x\n", b.Line[i], b.ID[i], b.Check[i])
	if b.Time[i] != 0 {
		fmt.Fprintf(out, "  event_time %s\n", time.UnixMicro(b.Time[i]).UTC().Format(time.RFC3339Nano))
	}
	for _, f := range []struct{ name, value string }{
		{"type", b.Type.Get(i)},
		{"customer_id", b.CustomerID[i]},
		{"anonymous_id", b.AnonymousID[i]},
		{"order_id", b.OrderID[i]},
		{"session_id", b.SessionID[i]},
		{"channel", b.Channel.Get(i)},
		{"country", b.Country.Get(i)},
		{"currency", b.Currency.Get(i)},
		{"properties", b.Properties[i]},
		{"context", b.Context[i]},
	} {
		if f.value != "" {
			fmt.Fprintf(out, "  %s %q\n", f.name, f.value)
		}
	}
	if b.Amount[i] != 0 {
		fmt.Fprintf(out, "  amount %s\n", b.Amount[i])
	}
}
