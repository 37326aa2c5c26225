package declared_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/streamtest"
)

// A job that is replaced while it runs.
const counting = `name: counting
version: 1
key: {country: country}
window: {tumbling: 1h}
aggregates:
  events: count()
output: {table: counting}
`

func load(t *testing.T, text string) *stream.Job {
	t.Helper()
	j, err := declared.Load([]byte(text), "job.yaml", declared.Params{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func send(k *streamtest.Kit, at, country string) {
	k.Send(0, streamtest.Event{Time: streamtest.At(at), Type: "view", Country: country, Amount: 2_500_000})
}

func reach(k *streamtest.Kit, at string) (rows []string) {
	k.Watermark(streamtest.At(at))
	for _, r := range k.Commit() {
		rows = append(rows, r.Sink+" "+r.JSON)
	}
	return rows
}

func want(t *testing.T, got []string, parts ...string) {
	t.Helper()
	if len(got) != len(parts) {
		t.Fatalf("rows %q, want %d", got, len(parts))
	}
	for i := range parts {
		if !strings.Contains(got[i], parts[i]) {
			t.Errorf("row %d is %s, want %s", i, got[i], parts[i])
		}
	}
}

func TestAReplacedJobKeepsItsState(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Shards: 2}, load(t, counting))
	send(k, "10:00:00", "DE")
	more := strings.Replace(counting, "  events: count()\n", "  all: count()\n  spent: sum(amount)\n", 1)
	if _, err := k.Replace(load(t, more)); err != nil {
		t.Fatal(err)
	}
	send(k, "10:10:00", "DE")
	want(t, reach(k, "11:00:00"), `"all":2,"spent":2.500`)
}

func TestAReplacedJobKeepsItsStateOverACrash(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Partitions: 2}, load(t, counting))
	send(k, "10:00:00", "DE")
	if _, err := k.Replace(load(t, strings.Replace(counting, "events: count()", "all: count()", 1))); err != nil {
		t.Fatal(err)
	}
	send(k, "10:10:00", "DE")
	k.Crash()
	want(t, reach(k, "11:00:00"), `"all":2`)
}

func TestAnotherShapeNeedsAnotherVersion(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{}, load(t, counting))
	send(k, "10:00:00", "DE")
	k.Commit()
	stored := k.StateKeys()
	hours := strings.Replace(counting, "tumbling: 1h", "tumbling: 2h", 1)
	if _, err := k.Replace(load(t, hours)); err == nil || !strings.Contains(err.Error(), `job.yaml:2:10: job "counting": `) || !strings.Contains(err.Error(), "raise its version above 1") {
		t.Fatalf("error: %v", err)
	}
	send(k, "10:10:00", "DE")
	if _, err := k.Replace(load(t, strings.Replace(hours, "version: 1", "version: 2", 1))); err != nil {
		t.Fatal(err)
	}
	k.Commit()
	if k.StateKeys() >= stored {
		t.Errorf("%d entries are stored, as the job's old state is; there were %d", k.StateKeys(), stored)
	}
	send(k, "10:20:00", "FR")
	want(t, reach(k, "12:00:00"), `"country":"FR"`)
	if _, err := k.Replace(load(t, counting)); err == nil || !strings.Contains(err.Error(), "use the newer definition") {
		t.Errorf("error: %v", err)
	}
}

func TestJobsComeAndGo(t *testing.T) {
	first, second := load(t, counting), load(t, strings.ReplaceAll(counting, "counting", "another"))
	k := streamtest.New(t, streamtest.Config{Partitions: 2, Shards: 3, Workers: 2}, first)
	send(k, "10:00:00", "DE")
	if _, err := k.Replace(second, first); err != nil {
		t.Fatal(err)
	}
	send(k, "10:10:00", "DE")
	got := reach(k, "11:00:00")
	slices.Sort(got)
	want(t, got, `"events":1`, `"events":2`)
	if _, err := k.Replace(second); err != nil {
		t.Fatal(err)
	}
	send(k, "11:10:00", "DE")
	want(t, reach(k, "12:00:00"), `another {"country":"DE"`)
	if _, err := k.Replace(second, second); err == nil {
		t.Error("one job is run twice")
	}
	send(k, "12:10:00", "DE")
	want(t, reach(k, "13:00:00"), `another {"country":"DE"`)
}

// A job that was stopped begins anew with the next version, and only then.
func TestAStoppedJobBeginsAnew(t *testing.T) {
	small := counting + "limits: {keys: 3}\n"
	k := streamtest.New(t, streamtest.Config{}, load(t, small))
	for _, country := range []string{"DE", "FR", "IT", "ES"} {
		send(k, "10:00:00", country)
	}
	k.Commit()
	if len(k.Failed()) != 1 {
		t.Fatalf("failed: %v", k.Failed())
	}
	if _, err := k.Replace(load(t, counting)); err != nil {
		t.Fatal(err)
	}
	send(k, "10:10:00", "DE")
	want(t, reach(k, "11:00:00"))
	if _, err := k.Replace(load(t, strings.Replace(counting, "version: 1", "version: 2", 1))); err != nil {
		t.Fatal(err)
	}
	send(k, "11:10:00", "DE")
	want(t, reach(k, "12:00:00"), `"events":1`)
}
