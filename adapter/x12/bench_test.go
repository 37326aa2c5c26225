package x12_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

// orders is an interchange of purchase orders with lines each, as one group.
func orders(sets, lines int) []byte {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*RETAILER       *ZZ*SHOP           *261120*1015*^*00501*000001001*0*P*>~\n" +
		"GS*PO*RETAILER*SHOP*20261120*1015*1*X*005010~\n")
	for s := 1; s <= sets; s++ {
		fmt.Fprintf(&b, "ST*850*%06d~\nBEG*00*SA*PO-%d**20261119~\nCUR*BY*GBP~\nREF*DP*038~\nN1*BY*Giftware Ltd*92*C-%d~\nN3*1 High Street~\nN4*London**SW1A 1AA*GB~\n", s, s, s%100)
		for l := 1; l <= lines; l++ {
			fmt.Fprintf(&b, "PO1*%d*%d*EA*2.55**VN*85123A*BP*GW-1*UP*5012345678900~\nPID*F****WHITE HANGING HEART T-LIGHT HOLDER~\n", l, l)
		}
		fmt.Fprintf(&b, "CTT*%d~\nSE*%d*%06d~\n", lines, 9+2*lines, s)
	}
	fmt.Fprintf(&b, "GE*%d*1~\nIEA*1*000001001~\n", sets)
	return []byte(b.String())
}

// perCPU reports megabytes per second of processor time: what else runs on the
// machine does not count.
func perCPU(b *testing.B, size int, run func()) {
	b.Helper()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	before, n := cpuTime(b), 0
	for b.Loop() {
		run()
		n++
	}
	b.ReportMetric(float64(n*size)/1e6/(cpuTime(b)-before).Seconds(), "MB/CPU-s")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFrame cuts a file into sets.
func BenchmarkFrame(b *testing.B) {
	file := orders(600, 8)
	perCPU(b, len(file), func() {
		if n := len(framed(b, file, adapter.FramerOptions{MaxBytes: 1 << 20})); n != 600 {
			b.Fatalf("%d records", n)
		}
	})
}

// BenchmarkDecodeFile decodes the sets of a file.
func BenchmarkDecodeFile(b *testing.B) {
	file := orders(600, 8)
	records := framed(b, file, adapter.FramerOptions{MaxBytes: 1 << 20})
	d, batch := suite.Adapter.NewDecoder(nil), &event.Batch{}
	perCPU(b, len(file), func() {
		batch.Reset()
		for i := range records {
			d.Decode(batch, batch.Add(int64(i), 0, records[i].Line, records[i].Payload), &records[i])
		}
		if len(batch.Problems) > 0 {
			b.Fatal(batch.Problems[0])
		}
	})
}

// BenchmarkFile does all that a file costs the adapter: its sets are cut out, keyed
// and routed at the door, and decoded in the pass.
func BenchmarkFile(b *testing.B) {
	file := orders(600, 8)
	door, pass, batch := suite.Adapter.NewDecoder(nil), suite.Adapter.NewDecoder(nil), &event.Batch{}
	var key []byte
	perCPU(b, len(file), func() {
		records := framed(b, file, adapter.FramerOptions{MaxBytes: 1 << 20})
		batch.Reset()
		for i := range records {
			r := &records[i]
			key = door.IdempotencyKey(key[:0], r)
			key, _ = door.RouteKey(key[:0], r)
			pass.Decode(batch, batch.Add(int64(i), 0, r.Line, r.Payload), r)
		}
		if len(batch.Problems) > 0 {
			b.Fatal(batch.Problems[0])
		}
	})
}

// framed cuts a file into records.
func framed(t testing.TB, file []byte, o adapter.FramerOptions) []adapter.Record {
	t.Helper()
	f := suite.Adapter.(adapter.Framed).NewFramer(o)
	var out []adapter.Record
	line := int64(1)
	for {
		frame, err := f.Next(file, true)
		if err != nil {
			t.Fatal(err)
		}
		if frame.Advance == 0 && frame.Reject == "" {
			return out
		}
		line += int64(frame.Before)
		if frame.To > frame.From || frame.Reject != "" {
			out = append(out, adapter.Record{
				Payload: file[frame.From:frame.To], Line: line, Envelope: frame.Envelope, Reject: frame.Reject, Source: "test",
			})
		}
		line += int64(frame.Lines)
		file = file[frame.Advance:]
	}
}
