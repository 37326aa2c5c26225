package gateway

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
)

// TestLakeRows: rows of the past are answered as those of today, identities as text.
func TestLakeRows(t *testing.T) {
	rows := [][]any{{event.ID{0x2c, 15: 7}, time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), int64(1), nil, "a"}}
	if err := textOf(rows); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(LakeRows{Rows: rows})
	const want = `{"columns":null,"rows":[["2c000000-0000-0000-0000-000000000007","2026-01-31T12:00:00Z",1,null,"a"]],"truncated":false}`
	if err != nil || string(got) != want {
		t.Errorf("rows are %s, %v", got, err)
	}
}
