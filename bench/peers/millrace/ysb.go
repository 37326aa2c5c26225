package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// windowSize is that of all windows.
const windowSize = 10 * time.Second

// ysb counts the views per campaign and window.
func ysb(j *stream.Job, a *arguments) (func() intake, error) {
	campaigns, err := readAds(a.ads)
	if err != nil {
		return nil, err
	}
	views, port := stream.Input[string](j, "views") // their campaigns
	counts := window.AggregateBy(views, "per campaign", func(campaign string) string { return campaign },
		window.Tumbling(windowSize), aggregate.Count[string]())
	type result = window.Result[string, int64]
	publish(counts,
		func(dst []byte, r result) []byte { return bar(append(dst, r.Key...), ms(int64(r.Start))) },
		func(dst []byte, r result) []byte { return number(dst, r.Value) }, nil)
	return func() intake {
		b, d := &buffer[string]{port: port}, new(decoder)
		take := func(r *kgo.Record) (int64, error) {
			found, err := d.ysb(jsontext.View(r.Value))
			if !found || err != nil {
				return 0, err
			}
			if d.kind == end {
				return d.time, nil
			}
			campaign, known := campaigns[d.ad]
			if !known {
				return 0, fmt.Errorf("no campaign has the ad %q", d.ad)
			}
			b.add(campaign, d.time, r)
			return d.time, nil
		}
		return intake{take, b.put}
	}, nil
}

// ms is a time of the engine in milliseconds.
func ms(micros int64) int64 { return micros / 1000 }

// readAds reads the campaign of each ad from a file of lines "ad,campaign".
func readAds(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the ads: %w", err)
	}
	defer f.Close()
	campaigns, names := make(map[string]string), make(map[string]string)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		ad, campaign, ok := strings.Cut(lines.Text(), ",")
		if !ok {
			return nil, fmt.Errorf("cannot read the ads: line %q of %q is not ad,campaign", lines.Text(), path)
		}
		if names[campaign] == "" {
			names[campaign] = campaign // one copy of each
		}
		campaigns[ad] = names[campaign]
	}
	return campaigns, nil
}
