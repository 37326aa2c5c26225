package streamtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/stream"
)

// Script runs a file of commands. Those that commit show the rows that come out,
// one a line; `go test -rewrite` writes them into the file.
//
//	open name=value … [partitions=n] [shards=n]   a new engine, with the job that build makes of the
//	                                              arguments; what is wrong with it is shown
//	send                                          events, one a line: time field=value …; partition=n says where
//	watermark time                                moves event time on, and commits
//	clock duration                                moves processing time on, and commits
//	commit
//	crash                                         goes back to the newest commit; what was sent since is sent again
//	keys                                          how many keys the stored state has
func Script(t *testing.T, path string, build func(args map[string]string) *stream.Job) {
	t.Helper()
	var k *Kit
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "open" {
			cfg, args := Config{Partitions: 1, Shards: 1}, make(map[string]string)
			d.MaybeScanArgs(t, "partitions", &cfg.Partitions)
			d.MaybeScanArgs(t, "shards", &cfg.Shards)
			for _, a := range d.CmdArgs {
				args[a.Key] = strings.Join(a.Vals, ",")
			}
			opened, err := Open(cfg, build(args))
			if err != nil {
				return err.Error() + "\n"
			}
			k = opened
			t.Cleanup(k.Close)
			return ""
		}
		if k == nil {
			d.Fatalf(t, "%s before open", d.Cmd)
		}
		return k.do(t, d)
	})
}

func (k *Kit) do(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "send":
		for line := range strings.Lines(d.Input) {
			e, partition, err := parseEvent(line)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			k.Send(partition, e)
		}
		return ""
	case "watermark":
		at, err := parseTime(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		k.Watermark(at)
		return k.show()
	case "clock":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		k.Clock(by)
		return k.show()
	case "commit":
		return k.show()
	case "crash":
		k.Crash()
		return ""
	case "keys":
		return fmt.Sprintf("%d\n", k.StateKeys())
	}
	d.Fatalf(t, "there is no command %q", d.Cmd)
	return ""
}

// show commits and writes what came out.
func (k *Kit) show() string {
	failed := len(k.failed)
	var b strings.Builder
	for _, r := range k.Commit() {
		b.WriteString(r.String())
		b.WriteByte('\n')
	}
	for _, f := range k.failed[failed:] {
		b.WriteString("failed: " + f.Reason + "\n")
	}
	return b.String()
}
