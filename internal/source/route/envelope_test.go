package route_test

import (
	"testing"

	"github.com/millrace/millrace/internal/source/route"
)

func TestEnvelope(t *testing.T) {
	check := func(e route.Envelope, want string) {
		t.Helper()
		if got := string(e.Append([]byte("x"))); got != "x"+want {
			t.Errorf("%+v became %s, want x%s", e, got, want)
		}
	}
	check(route.Envelope{}, `{}`)
	check(route.Envelope{Topic: "orders"}, `{"topic":"orders"}`)
	check(route.Envelope{
		Headers: []route.Header{{"a", "1"}, {"b", "\"\xff"}}, ID: "m-1", Key: "k\n", Topic: "t",
	}, `{"headers":{"a":"1","b":"\"\ufffd"},"id":"m-1","key":"k\n","topic":"t"}`)
}
