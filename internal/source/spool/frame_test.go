package spool

import (
	"bytes"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
)

// sample is a frame with everything in it.
func sample() []byte {
	e := eventlog.Entry{Key: []byte("customer\x00one"), Record: adapter.Record{
		Source: "shop", Adapter: "segment", Stream: "http:/v1/track", Envelope: `{"context":{"ip":"192.0.2.1"}}`,
		Line: 3, Skew: -5, Request: "r-1", Payload: bytes.Repeat([]byte("payload "), 40),
	}}
	return appendFrame(nil, &e, 42, time.UnixMicro(1_700_000_000_000_001), true)
}

func TestAFrameIsReadAsItWasWritten(t *testing.T) {
	written := sample()
	f, size, err := parseFrame(append(bytes.Clone(written), "more"...))
	if err != nil || size != len(written) {
		t.Fatalf("%d of %d bytes are read: %v", size, len(written), err)
	}
	var parser eventlog.MetaParser
	var r adapter.Record
	if err := parser.Parse(f.meta, &r); err != nil {
		t.Fatal(err)
	}
	if f.sequence != 42 || f.received != 1_700_000_000_000_001 || !f.doubtful || string(f.key) != "customer\x00one" ||
		len(f.payload) != 320 || r.Stream != "http:/v1/track" || r.Line != 3 || r.Skew != -5 || r.Request != "r-1" {
		t.Errorf("the frame is %+v, its record %+v", f, r)
	}
	for cut := range written {
		if _, size, err := parseFrame(written[:cut]); size != 0 || err != nil {
			t.Fatalf("of the first %d bytes %d are a frame (%v)", cut, size, err)
		}
	}
	for i := range written {
		broken := bytes.Clone(written)
		broken[i] ^= 0x10
		if _, size, err := parseFrame(broken); size != 0 && err == nil {
			t.Fatalf("a frame whose byte %d is broken is taken", i)
		}
	}
}

func TestDigestsTellRecordsApart(t *testing.T) {
	seen := map[digest]string{}
	for _, c := range []struct{ meta, payload string }{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "c"}, {"b", "b"}} {
		d := digestOf([]byte(c.meta), []byte(c.payload))
		if other, taken := seen[d]; taken {
			t.Errorf("%+v has the digest of %s", c, other)
		}
		seen[d] = c.meta + "|" + c.payload
		if d != digestOf([]byte(c.meta), []byte(c.payload)) {
			t.Errorf("the digest of %+v changes", c)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add(sample())
	f.Add(sample()[:20])
	f.Add([]byte{17, 0, 0, 0, 0, 0, 0, 0})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, size, err := parseFrame(b)
		if err != nil || size == 0 {
			return
		}
		if size > len(b) || len(got.key)+len(got.meta)+len(got.payload) > size {
			t.Fatalf("a frame of %d bytes has %d, %d and %d", size, len(got.key), len(got.meta), len(got.payload))
		}
	})
}
