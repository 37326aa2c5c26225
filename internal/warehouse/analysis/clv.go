package analysis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/customer"
)

// buyer is a customer as the models see him. A purchase is a day (UTC) with a sale.
type buyer struct {
	id      string
	history customer.History
	spend   customer.Spend
	revenue event.Micros
}

const daysOfMonth = 30

func runValue(ctx context.Context, s *scan) (*outcome, error) {
	buyers, err := s.buyers(ctx)
	if err != nil {
		return nil, err
	}
	histories, spends := make([]customer.History, len(buyers)), make([]customer.Spend, len(buyers))
	for i, b := range buyers {
		histories[i], spends[i] = b.history, b.spend
	}
	buys, err := customer.FitBGNBD(histories)
	if err != nil {
		return nil, undetermined(err)
	}
	worth, err := customer.FitGammaGamma(spends)
	if err != nil {
		return nil, undetermined(err)
	}
	for name, p := range map[string]float64{
		"bgnbd_r": buys.R, "bgnbd_alpha": buys.Alpha, "bgnbd_a": buys.A, "bgnbd_b": buys.B, "bgnbd_log_likelihood": buys.LogLikelihood(histories),
		"gamma_gamma_p": worth.P, "gamma_gamma_q": worth.Q, "gamma_gamma_v": worth.V,
	} {
		s.figures[name] = strconv.FormatFloat(p, 'g', 10, 64)
	}
	t, err := s.values(buyers, buys, worth)
	if err != nil {
		return nil, err
	}
	return &outcome{tables: []olap.Snapshot{t.Snapshot}, parameters: map[string]string{
		"months": strconv.Itoa(s.settings.Value.Months), "discount": strconv.FormatFloat(s.settings.Value.Discount, 'g', -1, 64),
	}}, nil
}

func undetermined(err error) error {
	if errors.Is(err, customer.ErrUndetermined) {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	return err
}

// buyers returns all customers with a sale, by their id.
func (s *scan) buyers(ctx context.Context) ([]buyer, error) {
	rows, err := s.query(ctx, `SELECT customer_id, epoch_us(min(event_time) FILTER (kind = 'sale')), epoch_us(max(event_time) FILTER (kind = 'sale')),
	count(DISTINCT event_time::DATE) FILTER (kind = 'sale'), sum(amount)
FROM (`+s.lines("customer_id, event_time, kind, amount")+" AND "+known+`) GROUP BY 1`)
	if err != nil {
		return nil, err
	}
	var all []buyer
	for _, row := range rows {
		r := reader{row: row}
		b := buyer{id: r.text()}
		first, last, days := r.number(), r.number(), int(r.number())
		b.revenue = r.micros()
		if r.err != nil {
			return nil, r.err
		}
		if days == 0 {
			continue
		}
		b.history = customer.History{Repeats: days - 1, Recency: float64(day(last) - day(first)), Age: float64(day(s.until.UnixMicro()) - day(first))}
		b.spend = customer.Spend{Purchases: days, Mean: float64(b.revenue) / event.MicrosPerUnit / float64(days)}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b buyer) int { return cmp.Compare(a.id, b.id) })
	return all, nil
}

// values makes the table of what each customer is expected to do.
func (s *scan) values(buyers []buyer, buys customer.BGNBD, worth customer.GammaGamma) (*builder, error) {
	t := newTable(ValueTable, "What each customer is expected to do and to bring",
		col("customer_id", olap.Text, "Customer; guests are none"),
		col("repeat_days", olap.Int64, "Days (UTC) with a sale, after the first one"),
		col("recency_days", olap.Int64, "Days from the first to the last of them"),
		col("age_days", olap.Int64, "Days from the first one to the newest line of an order in the tables"),
		col("revenue", olap.Money, "Sum of all lines so far"),
		col("p_alive", olap.Double, "Probability that he is still a customer (BG/NBD)"),
		col("expected_purchases", olap.Double, "Days with a sale to be expected within the horizon (BG/NBD)"),
		col("expected_amount", olap.Money, "Mean revenue of such a day to be expected (Gamma-Gamma)"),
		col("lifetime_value", olap.Money, "Revenue to be expected within the horizon, discounted"))
	horizon := customer.Horizon{Periods: s.settings.Value.Months, Length: daysOfMonth, Discount: s.settings.Value.Discount}
	type pair struct{ expected, discounted float64 }
	ahead := make(map[customer.History]pair) // customers with the same history are many
	var total event.Micros
	for _, b := range buyers {
		p, ok := ahead[b.history]
		if !ok {
			p.expected, p.discounted = buys.Purchases(b.history, horizon)
			ahead[b.history] = p
		}
		mean := worth.Expected(b.spend)
		if math.IsNaN(mean) || math.IsNaN(p.discounted) || math.Abs(mean*p.discounted) > float64(math.MaxInt64/event.MicrosPerUnit) {
			return nil, fmt.Errorf("%w: the models expect no finite value of the customer %q", ErrInput, b.id)
		}
		value := toMicros(mean * p.discounted)
		total += value
		t.text(b.id).count(b.history.Repeats).number(int64(b.history.Recency)).number(int64(b.history.Age)).money(b.revenue)
		t.double(buys.Alive(b.history)).double(p.expected).money(toMicros(mean)).money(value)
	}
	s.figures["customers"], s.figures["lifetime_value"] = strconv.Itoa(len(buyers)), total.String()
	return t, nil
}

func toMicros(units float64) event.Micros {
	return event.Micros(math.Round(units * event.MicrosPerUnit))
}
