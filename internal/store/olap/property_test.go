package olap

import (
	"testing"

	"github.com/millrace/millrace/event"
)

func TestProperty(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		`{}`:                                  "",
		`{"reason":"till"}`:                   "till",
		`{"a":{"reason":"inner"}}`:            "",
		`{"a":["reason"],"reason":"count"}`:   "count",
		`{"reason":null}`:                     "",
		`{"reason":null,"reason":"second"}`:   "",
		`{"reason":"a","reason":"b"}`:         "a",
		`{"reason":12.50}`:                    "12.50",
		`{"reason":{"code":1}}`:               `{"code":1}`,
		`{"reason":"caf\u00e9 \"x\""}`:        `café "x"`,
		`{ "b" : 1 , "reason" : "spaced" }`:   "spaced",
		`{"b":1,"reason":"cut`:                "",
		"{\"b\":\"\xff\",\"reason\":\"x\"}":   "",
		`["reason"]`:                          "",
		`{"reasons":"many","the_reason":"x"}`: "",
	} {
		b := &event.Batch{}
		b.Add(0, 0, 0, nil)
		b.Properties[0] = text
		s := &Selection{Batch: b}
		if got := property("reason")(s, Row{}); got != want {
			t.Errorf("the reason of %s is %q, want %q", text, got, want)
		}
	}
}

func TestPropertyAllocatesNothing(t *testing.T) {
	b := &event.Batch{}
	b.Add(0, 0, 0, nil)
	b.Properties[0] = `{"device_id":"da3856ed7f328","location_id":"wh-1","reason":"order"}`
	s, reason := &Selection{Batch: b}, property("reason")
	if n := testing.AllocsPerRun(100, func() { reason(s, Row{}) }); n != 0 {
		t.Errorf("a property takes %v allocations", n)
	}
}
