package customer

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/event"
)

// Purchases are what RFM knows of a customer.
type Purchases struct {
	Customer string
	Days     int // since the last order
	Orders   int
	Revenue  event.Micros // of all lines, returns taken off
}

// RFM is a customer's place among all, from 1 to 5 in each respect. 5 is best: the most
// recent, the most frequent, the most valuable.
type RFM struct {
	Purchases
	Recency, Frequency, Monetary int8
	Segment                      Segment
}

// Segment is the usual name of a group of customers.
type Segment string

// The segments, by recency and frequency.
const (
	Champions          Segment = "champions"
	Loyal              Segment = "loyal"
	PotentialLoyalists Segment = "potential_loyalists"
	NewCustomers       Segment = "new_customers"
	Promising          Segment = "promising"
	NeedAttention      Segment = "need_attention"
	AboutToSleep       Segment = "about_to_sleep"
	AtRisk             Segment = "at_risk"
	CannotLose         Segment = "cannot_lose"
	Hibernating        Segment = "hibernating"
)

// segments has a row per score of recency, from 1, and a column per score of frequency.
var segments = [5][5]Segment{
	{Hibernating, Hibernating, AtRisk, AtRisk, CannotLose},
	{Hibernating, Hibernating, AtRisk, AtRisk, CannotLose},
	{AboutToSleep, AboutToSleep, NeedAttention, Loyal, Loyal},
	{Promising, PotentialLoyalists, PotentialLoyalists, Loyal, Loyal},
	{NewCustomers, PotentialLoyalists, PotentialLoyalists, Champions, Champions},
}

// Segments returns all segments, best customers first.
func Segments() []Segment {
	return []Segment{
		Champions, Loyal, PotentialLoyalists, NewCustomers, Promising, NeedAttention, AboutToSleep, AtRisk, CannotLose, Hibernating,
	}
}

// Score gives customers their scores by quintiles, and returns them sorted by customer. A
// score is one more than the fifths of all customers that are worse: equal customers
// have equal scores, whatever their number.
func Score(all []Purchases) []RFM {
	out := make([]RFM, len(all))
	for i, p := range all {
		out[i].Purchases = p
	}
	slices.SortFunc(out, func(a, b RFM) int { return cmp.Compare(a.Customer, b.Customer) })
	quintiles(out, func(r *RFM) int64 { return -int64(r.Days) }, func(r *RFM) *int8 { return &r.Recency })
	quintiles(out, func(r *RFM) int64 { return int64(r.Orders) }, func(r *RFM) *int8 { return &r.Frequency })
	quintiles(out, func(r *RFM) int64 { return int64(r.Revenue) }, func(r *RFM) *int8 { return &r.Monetary })
	for i := range out {
		out[i].Segment = segments[out[i].Recency-1][out[i].Frequency-1]
	}
	return out
}

func quintiles(all []RFM, value func(*RFM) int64, score func(*RFM) *int8) {
	order := make([]*RFM, len(all))
	for i := range all {
		order[i] = &all[i]
	}
	slices.SortFunc(order, func(a, b *RFM) int { return cmp.Compare(value(a), value(b)) })
	worse := 0
	for i, r := range order {
		if i > 0 && value(r) != value(order[i-1]) {
			worse = i
		}
		*score(r) = int8(1 + 5*worse/len(order))
	}
}
