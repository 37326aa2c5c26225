package join_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/join"
	"github.com/millrace/millrace/stream/streamtest"
)

var kinds = map[string]join.Kind{"": join.Inner, "inner": join.Inner, "left": join.Left, "full": join.Full}

// scripted makes the job that a script asks for.
func scripted(args map[string]string) *stream.Job {
	span := func(name string) time.Duration {
		d, err := time.ParseDuration(args[name])
		if err != nil && args[name] != "" {
			panic(err)
		}
		return d
	}
	kind := kinds[args["kind"]]
	switch args["join"] {
	case "interval":
		return intervals(join.Within(span("before"), span("after")).Keep(kind).Lateness(span("lateness")))
	case "asof":
		return versions(join.Versions[thing]{Kind: kind, Lateness: span("lateness"), TTL: span("ttl")})
	case "table":
		return table(join.Rows{Kind: kind, TTL: span("ttl")})
	case "broadcast":
		opt := join.Rules[sums, thing]{Lateness: span("lateness")}
		if args["max"] == "2" {
			opt.Max = 2
		}
		return rules(opt)
	}
	panic("no such join")
}

func table(rows join.Rows) *stream.Job {
	j := stream.NewJob("tables", 1)
	found := join.Table(side(j, "left"), side(j, "right"), "rows", rows, looked)
	stream.ToTable(found, "results", "what was known", "key")
	return j
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { streamtest.Script(t, f, scripted) })
	}
}
