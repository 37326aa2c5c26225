package quarantine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
)

// tight is a store whose answers are cut off early, as those with thousands of large
// payloads are.
type tight struct{ olap.Store }

func (s tight) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	q.Limits.Bytes = 200 << 10
	return s.Store.Query(ctx, q)
}

// large are broken lines of 20 KiB each.
func large(n int) []string {
	lines := broken(n)
	for i := range lines {
		lines[i] = strings.Replace(lines[i], "LANTERN", strings.Repeat("LANTERN ", 2560), 1)
	}
	return lines
}

func largeShop(t *testing.T) *shop {
	s := newShop(t, 2)
	s.settings.BatchBytes = config.Bytes(100 << 10)
	s.store = tight{s.store}
	return s
}

// However large the payloads are, a run, its dry run, an export with its import and the
// pages of a list get through them, some at a time.
func TestLargePayloadsAreTakenSomeAtATime(t *testing.T) {
	s := largeShop(t)
	const n = 30 // 600 KiB
	s.send("day.csv", large(n)...)
	service, _ := s.start()
	filter := quarantine.HeldFilter{Sources: []string{"shop"}}
	seen := 0
	for cursor, pages := "", 0; ; pages++ {
		page, err := service.Items(t.Context(), filter, cursor, 1000)
		if err != nil || page.Total != n || pages > n {
			t.Fatalf("page %d: %+v, %v", pages, page, err)
		}
		seen += len(page.Items)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if seen != n {
		t.Errorf("%d items on all pages, want %d", seen, n)
	}
	if _, err := service.Groups(t.Context(), filter, quarantine.Grouping{Samples: 20}); err != nil {
		t.Errorf("groups with samples: %v", err)
	}
	for _, format := range []string{quarantine.FormatCSV, quarantine.FormatJSONL} {
		in := quarantine.ImportRequest{Format: format, Body: strings.NewReader(export(t, service, format)), DryRun: true}
		if answer, err := service.Import(t.Context(), in); err != nil || answer.Unchanged != n {
			t.Errorf("import of what was exported as %s: %+v, %v", format, answer, err)
		}
	}
	run := s.done(service, redrive(service, t, quarantine.RunRequest{Filter: filter, Patch: []byte(points)}).ID)
	if p := run.Progress; p.Done != n || p.Recovered+p.Requarantined != n {
		t.Errorf("progress %+v", run.Progress)
	}
}

// brim is a publisher to a topic that takes no message of more than 30 KiB.
type brim struct{ quarantine.Publisher }

func (b brim) Publish(ctx context.Context, messages []eventlog.Message) error {
	for i := range messages {
		if len(messages[i].Value) > 30<<10 {
			return errors.Join(errors.New("cannot publish"), eventlog.ErrTooLarge)
		}
	}
	return b.Publisher.Publish(ctx, messages)
}

// An event that its topic does not take comes without its value; those behind it come.
func TestALargeEventDoesNotStopItsTopic(t *testing.T) {
	s := largeShop(t)
	s.topics = true
	lines := large(30)
	lines[7] = strings.Replace(lines[7], "LANTERN", strings.Repeat("LANTERN", 5000), 1)
	s.publish = func(p quarantine.Publisher) quarantine.Publisher { return brim{p} }
	s.send("day.csv", lines...)
	_, _ = s.start()
	var all []*kgo.Record
	s.until("all are in the topic", func() bool {
		all = s.topicOf("millrace.raw.quarantine")
		return len(all) == 30
	})
	omitted := 0
	for _, k := range all {
		for _, h := range k.Headers {
			if h.Key == quarantine.OmittedHeader && len(k.Value) == 0 && strings.Contains(string(h.Value), "bytes") {
				omitted++
			}
		}
	}
	if omitted != 1 {
		t.Errorf("%d messages say that their value was omitted, want 1", omitted)
	}
}
