package consumer_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestConsumersAreForgottenAfterAWhile(t *testing.T) {
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	s := consumer.NewStore(records)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := func(at time.Time, c ...consumer.Consumer) {
		if err := s.Seen(t.Context(), at, c...); err != nil {
			t.Fatal(err)
		}
	}
	names := func(at time.Time) (out string) {
		list, err := s.List(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			out += string(c.Kind) + ":" + c.Name + " "
		}
		return out
	}
	seen(start, consumer.Consumer{Kind: consumer.Job, Name: "b"}, consumer.Consumer{Kind: consumer.Job, Name: "a"})
	seen(start.Add(20*24*time.Hour), consumer.Consumer{Kind: consumer.Application, Name: "a", Events: []string{"x"}}, consumer.Consumer{Kind: consumer.Job, Name: "b"})
	for after, want := range map[int]string{20: "application:a job:a job:b ", 30: "application:a job:a job:b ", 31: "application:a job:b ", 51: ""} {
		if got := names(start.Add(time.Duration(after) * 24 * time.Hour)); got != want {
			t.Errorf("after %d days: %q, want %q", after, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []consumer.Consumer{{}, {Name: "a", Events: []string{"Order Completed"}}, {Name: "a", Fields: []string{""}}, {Name: "a", Fields: make([]string, 501)}} {
		if err := c.Check(); !errors.Is(err, consumer.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (&consumer.Consumer{Name: "a", Events: []string{"order_completed"}, Fields: []string{"properties.coupon"}}).Check(); err != nil {
		t.Error(err)
	}
}
