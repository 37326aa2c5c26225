package aggregate_test

import (
	"bytes"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
)

// item is what the tests aggregate.
type item struct {
	Name   string
	Amount event.Micros
	at     aggregate.At
}

func amount(v item) event.Micros { return v.Amount }
func name(v item) string         { return v.Name }

func drawItems(t *rapid.T) []item {
	items := make([]item, rapid.IntRange(0, 60).Draw(t, "items"))
	for i := range items {
		items[i] = item{
			Name:   rapid.SampledFrom(strings.Split("abcdefghijklmnopqrst", "")).Draw(t, "name"),
			Amount: event.Micros(rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64()).Draw(t, "amount")),
			at: aggregate.At{
				Time:  rapid.Int64Range(0, 5).Draw(t, "time"),
				Cause: stream.Cause{Partition: int32(i % 3), Offset: int64(i)}, // each event once
			},
		}
	}
	return items
}

// testLaws checks that any way to fold items into parts and to merge those, with any part
// stored and read on the way, has the result of folding them one after the other.
func testLaws[A, R any](t *testing.T, a aggregate.Aggregator[item, A, R]) {
	t.Helper()
	if a.Err != nil {
		t.Fatal(a.Err)
	}
	accs, err := codec.For[A]()
	if err != nil {
		t.Fatal(err)
	}
	results, err := codec.For[R]()
	if err != nil {
		t.Fatal(err)
	}
	show := func(acc *A) []byte {
		r := a.Result(acc)
		return results.Append(nil, &r)
	}
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t)
		var whole A
		for _, v := range items {
			a.Add(&whole, v, v.at)
		}
		parts := []*A{new(A)}
		for _, v := range rapid.Permutation(items).Draw(t, "order") {
			if rapid.IntRange(0, 4).Draw(t, "new part") == 0 {
				parts = append(parts, new(A))
			}
			a.Add(parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")], v, v.at)
		}
		for len(parts) > 1 {
			i := rapid.IntRange(0, len(parts)-1).Draw(t, "from")
			from := parts[i]
			parts = append(parts[:i], parts[i+1:]...)
			into := parts[rapid.IntRange(0, len(parts)-1).Draw(t, "into")]
			before := accs.Append(nil, from)
			if rapid.Bool().Draw(t, "stored") {
				from = new(A)
				if err := accs.Decode(before, from); err != nil {
					t.Fatal(err)
				}
			}
			a.Merge(into, from)
			if after := accs.Append(nil, from); !bytes.Equal(before, after) {
				t.Fatalf("Merge changed what it read")
			}
		}
		if got, want := show(parts[0]), show(&whole); !bytes.Equal(got, want) {
			t.Fatalf("parts come to %v, all at once to %v", a.Result(parts[0]), a.Result(&whole))
		}
	})
}

func TestLaws(t *testing.T) {
	t.Run("count", func(t *testing.T) { testLaws(t, aggregate.Count[item]()) })
	t.Run("count if", func(t *testing.T) {
		testLaws(t, aggregate.CountIf(func(v item) bool { return v.Amount > 0 }))
	})
	t.Run("if", func(t *testing.T) {
		testLaws(t, aggregate.If(func(v item) bool { return v.Name < "f" }, aggregate.Sum(amount)))
	})
	t.Run("sum", func(t *testing.T) { testLaws(t, aggregate.Sum(amount)) })
	t.Run("avg", func(t *testing.T) { testLaws(t, aggregate.Avg(amount)) })
	t.Run("min", func(t *testing.T) { testLaws(t, aggregate.Min(amount)) })
	t.Run("max", func(t *testing.T) { testLaws(t, aggregate.Max(name)) })
	t.Run("first", func(t *testing.T) { testLaws(t, aggregate.First(name)) })
	t.Run("last", func(t *testing.T) { testLaws(t, aggregate.Last(amount)) })
	t.Run("distinct", func(t *testing.T) { testLaws(t, aggregate.Distinct(amount)) })
	t.Run("quantiles", func(t *testing.T) { testLaws(t, aggregate.Quantiles(amount, 0, 0.5, 0.95, 1)) })
	t.Run("top k", func(t *testing.T) { testLaws(t, aggregate.TopK(3, name)) })
	t.Run("combined", func(t *testing.T) {
		type all struct {
			N     int64        `state:"n"`
			Total event.Micros `state:"total"`
			Least event.Micros `state:"least"`
			Last  string       `state:"last"`
		}
		testLaws(t, aggregate.Combine4(aggregate.Count[item](), aggregate.Sum(amount), aggregate.Min(amount), aggregate.Last(name),
			func(n int64, total, least event.Micros, last string) all { return all{n, total, least, last} }))
	})
	t.Run("columns", func(t *testing.T) {
		testLaws(t, aggregate.Columns(
			aggregate.Named("n", aggregate.Count[item]()), aggregate.Named("names", aggregate.Distinct(name)),
			aggregate.Named("top", aggregate.TopK(2, name)),
		))
	})
}

func TestASumIsExactAndDoesNotWrap(t *testing.T) {
	sum, avg := aggregate.Sum(amount), aggregate.Avg(amount)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, -1, 0, 1})), 1, 50).Draw(t, "values")
		var total aggregate.Total
		var mean aggregate.Mean[event.Micros]
		exact := new(big.Int)
		for _, v := range values {
			sum.Add(&total, item{Amount: event.Micros(v)}, aggregate.At{})
			avg.Add(&mean, item{Amount: event.Micros(v)}, aggregate.At{})
			exact.Add(exact, big.NewInt(v))
		}
		want := exact.Int64()
		if !exact.IsInt64() {
			want = math.MaxInt64
			if exact.Sign() < 0 {
				want = math.MinInt64
			}
		}
		if got := sum.Result(&total); int64(got) != want {
			t.Fatalf("sum %d, want %d", got, want)
		}
		if got, want := mean.Value(), nearest(exact, int64(len(values))); int64(got) != want {
			t.Fatalf("mean %d, want %d", got, want)
		}
	})
}

// nearest is sum/n to the nearest, halves away from zero: the floor of (2·|sum|+n)/2n.
func nearest(sum *big.Int, n int64) int64 {
	q := new(big.Int).Abs(sum)
	q.Lsh(q, 1).Add(q, big.NewInt(n)).Quo(q, big.NewInt(2*n))
	if sum.Sign() < 0 {
		q.Neg(q)
	}
	return q.Int64()
}
