package job

import (
	"cmp"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// VolumeParams are what a shop may set of the job volume. A zero field takes the default
// that its comment names.
type VolumeParams struct {
	// Bucket is the time that events are counted over, which divides an hour: 5 minutes.
	Bucket time.Duration
	// Weeks is how many weeks the baseline of an hour of the week remembers: 4.
	Weeks int
	// Learned is how many buckets of an hour of the week make a baseline; before, it is that
	// of the last Recent buckets, and with fewer than 6 of those there is none: 24 and 24.
	Learned, Recent int
	// Sigmas is how many deviations from the baseline are an anomaly, if they are MinSize
	// events, too, and Ratio percent of the baseline: 3 deviations, 10 events, 60 percent.
	Sigmas  float64
	MinSize int64
	Ratio   int64
	// Accept is how many anomalous buckets in a row become what is usual recently: 36.
	Accept int
	// Quiet is how long a source and type is watched without any event: 7 days.
	Quiet time.Duration
}

func (p VolumeParams) withDefaults() VolumeParams {
	p.Bucket = cmp.Or(p.Bucket, 5*time.Minute)
	p.Weeks, p.Learned, p.Recent = cmp.Or(p.Weeks, 4), cmp.Or(p.Learned, 24), max(cmp.Or(p.Recent, 24), leastBuckets)
	p.Sigmas, p.MinSize, p.Ratio = cmp.Or(p.Sigmas, 3), cmp.Or(p.MinSize, 10), cmp.Or(p.Ratio, 60)
	p.Accept, p.Quiet = cmp.Or(p.Accept, 36), cmp.Or(p.Quiet, 7*day)
	return p
}

// VolumeAnomaly is a run of buckets in which a source sent too few or too many events of a
// type. It is published with each bucket, and when it is over.
type VolumeAnomaly struct {
	Source    string        `state:"source"`
	Type      string        `state:"type"`
	Since     event.Instant `state:"since"`
	Until     event.Instant `state:"until"` // end of the newest bucket
	Over      bool          `state:"over"`
	Direction string        `state:"direction"` // quiet or busy
	Observed  int64         `state:"observed"`  // events
	Expected  int64         `state:"expected"`
	Sigmas    float64       `state:"sigmas"`   // of the bucket farthest from its baseline
	Basis     string        `state:"basis"`    // of the first bucket: hour_of_week or recent
	Revision  uint32        `state:"revision"` // from 1
	Retracted bool          `state:"retracted"`
}

// The directions of anomalies, and what their baseline is of.
const (
	QuietSource = "quiet"
	BusySource  = "busy"

	byHourOfWeek = "hour_of_week"
	byRecent     = "recent"
)

// Volume watches how many events of each type each source sends.
func Volume(params Params) *stream.Job {
	p, lateness := params.Volume.withDefaults(), params.withDefaults().Lateness
	j := stream.NewJob("volume", 1).Describe(
		"Notices when a source sends far fewer or far more events of a type than it usually does at this hour of the week.").Lateness(lateness)
	sent := stream.Events(j, "events", readSender)
	counts := window.AggregateBy(sent, "per bucket", func(s sender) sender { return s }, window.Tumbling(p.Bucket),
		aggregate.Count[sender](), window.Lateness(lateness))
	bySender := stream.KeyBy(counts, "by sender", func(r window.Result[sender, int64]) sender { return r.Key })
	buckets := stream.Keyed[sender, bucket]{Stream: stream.Map(bySender.Stream, "buckets",
		func(r stream.Record[sender, window.Result[sender, int64]]) stream.Record[sender, bucket] {
			return stream.Record[sender, bucket]{Key: r.Key, Value: bucket{int64(r.Value.Start), r.Value.Revision, r.Value.Value}}
		})}
	rules := volumeRules{VolumeParams: p, bucket: stream.Micros(p.Bucket)}
	// A revised count comes behind the watermark by the lateness, and by what one commit moves it.
	results := stream.Timeline(buckets, "senders", stream.Machine[sender, volumeState, bucket, VolumeAnomaly]{
		Apply: rules.apply, Wake: rules.wake, Retain: lateness + day, Settle: p.Bucket * time.Duration(p.Accept+1), TTL: p.Quiet + day,
	}).Results
	anomalies := stream.Map(results, "anomalies", func(r stream.Revised[sender, VolumeAnomaly]) VolumeAnomaly {
		r.Value.Revision, r.Value.Retracted = r.Revision, r.Retracted
		return r.Value
	})
	stream.ToTable(anomalies, "volume_anomalies", "When a source sent far fewer or far more events of a type than usual.",
		"source", "type", "since")
	stream.ToTopic(anomalies, "volume-alerts", "Sources that are quiet or busy, as that begins, goes on and ends.", "source", "type", "since")
	stream.ToFeed(anomalies, "volume_alerts", "Sources that are quiet or busy, as that begins, goes on and ends.", "source", "type", "since")
	return j
}

// sender is a source and a type of its events.
type sender struct {
	Source string `state:"source"`
	Type   string `state:"type"`
}

// readSender reads who sent an event: context.source, else the configured source.
func readSender(b *event.Batch, i int, emit func(sender)) {
	s := sender{Type: b.Type.Get(i)}
	for m := membersOf(b.Context[i]); m.next(); {
		if m.key == "source" {
			s.Source = m.text()
			break
		}
	}
	if s.Source == "" {
		s.Source = b.Source.Get(i)
	}
	emit(s)
}

// bucket is how many events a sender sent in a time.
type bucket struct {
	Start    int64  `state:"start"`
	Revision uint32 `state:"revision"`
	Count    int64  `state:"count"`
}
