package result_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

type shelf struct {
	Shop string `state:"shop"`
	Row  int32  `state:"row"`
}

type counted struct {
	Key       shelf         `state:"key"`
	Start     event.Instant `state:"start"`
	Retracted bool          `state:"retracted"`
	Value     struct {
		Row    string        `state:"row"`
		Amount event.Micros  `state:"amount"`
		Lasted time.Duration `state:"lasted"`
		Tags   []string      `state:"tags"`
		Hash   uint64        `state:"hash"`
	} `state:"value"`
}

func sink(t *testing.T, key ...string) *stream.Sink {
	t.Helper()
	c, err := codec.For[counted]()
	if err != nil {
		t.Fatal(err)
	}
	return &stream.Sink{Kind: stream.Table, Name: "shelves", Schema: c.Schema(), Fingerprint: c.Schema().Fingerprint(), Key: key}
}

func TestARowIsFlat(t *testing.T) {
	table, err := result.NewTable(sink(t, "shop", "key_row", "start"))
	if err != nil {
		t.Fatal(err)
	}
	want := []olap.JobColumn{
		{Name: "shop", Type: olap.Text}, {Name: "key_row", Type: olap.Int32}, {Name: "start", Type: olap.Timestamp},
		{Name: "retracted", Type: olap.Bool}, {Name: "value_row", Type: olap.Text}, {Name: "amount", Type: olap.Money},
		{Name: "lasted", Type: olap.Double}, {Name: "tags", Type: olap.Text}, {Name: "hash", Type: olap.Text},
	}
	if !slices.Equal(table.Table.Columns, want) || table.Table.Retracted != "retracted" {
		t.Errorf("table %+v, want columns %+v", table.Table, want)
	}
	c, _ := codec.For[counted]()
	v := counted{Key: shelf{"north", 3}, Start: 5, Retracted: true}
	v.Value.Row, v.Value.Amount, v.Value.Lasted = "r", 7, 1500*time.Millisecond
	v.Value.Tags, v.Value.Hash = []string{"a"}, 1<<63
	for number := range uint64(2) {
		if err := table.Add(number, c.Append(nil, &v)); err != nil {
			t.Fatal(err)
		}
		rows := table.Take()
		want := olap.JobRows{Table: "shelves", Numbers: []uint64{number}, Columns: []olap.JobValues{
			{Texts: []string{"north"}}, {Ints: []int64{3}}, {Ints: []int64{5}}, {Ints: []int64{1}}, {Texts: []string{"r"}},
			{Ints: []int64{7}}, {Floats: []float64{1.5}}, {Texts: []string{`["a"]`}}, {Texts: []string{"9223372036854775808"}},
		}}
		if !reflect.DeepEqual(rows, want) {
			t.Errorf("rows %+v, want %+v", rows, want)
		}
	}
}

func TestAKeyMustBeInTheRow(t *testing.T) {
	_, err := result.NewTable(sink(t, "shop", "row"))
	if err == nil || !strings.Contains(err.Error(), `no column "row"; it has [shop key_row`) {
		t.Errorf("error: %v", err)
	}
}

func TestAnEnvelopeComesBack(t *testing.T) {
	s := sink(t)
	o := stream.Output{Job: "kpis", Sink: s, Time: -7, Cause: stream.Cause{Partition: 3, Offset: 1 << 40}, Row: []byte("row")}
	b := result.Append(nil, &o)
	e, err := result.Parse(b)
	want := result.Envelope{Job: "kpis", Kind: stream.Table, Sink: "shelves", Schema: s.Fingerprint, Time: -7, Cause: o.Cause, Row: []byte("row")}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%+v, %v; want %+v", e, err, want)
	}
	for cut := range len(b) - len(o.Row) {
		if _, err := result.Parse(b[:cut]); !errors.Is(err, result.ErrEnvelope) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
}

func TestARowIsAFlatObject(t *testing.T) {
	c, _ := codec.For[counted]()
	v := counted{Key: shelf{"north \"a\"", 3}, Start: 5_000_000, Retracted: true}
	v.Value.Row, v.Value.Amount, v.Value.Lasted = "r", 7, 1500*time.Millisecond
	v.Value.Tags, v.Value.Hash = []string{"a"}, 1<<63
	row := c.Append(nil, &v)
	for _, test := range []struct {
		key  []string
		want string
	}{
		{nil, ""},
		{[]string{"shop"}, `north "a"`},
		{[]string{"key_row"}, `3`},
		{[]string{"start", "shop"}, `["1970-01-01T00:00:05Z","north \"a\""]`},
	} {
		j, err := result.NewJSON(sink(t, test.key...))
		if err != nil {
			t.Fatal(err)
		}
		key, err := j.AppendKey(nil, row)
		if err != nil || string(key) != test.want {
			t.Errorf("key of %v is %s, %v; want %s", test.key, key, err, test.want)
		}
		for range 2 {
			text, err := j.Append([]byte("x"), row)
			want := `x{"shop":"north \"a\"","key_row":3,"start":"1970-01-01T00:00:05Z","retracted":true,"value_row":"r",` +
				`"amount":0.000007,"lasted":"1.5s","tags":["a"],"hash":9223372036854775808}`
			if err != nil || string(text) != want {
				t.Errorf("%s, %v; want %s", text, err, want)
			}
		}
	}
	j, _ := result.NewJSON(sink(t, "shop"))
	message, err := j.AppendMessage(nil, row)
	if err != nil {
		t.Fatal(err)
	}
	key, value, err := result.ParseMessage(message)
	if err != nil || string(key) != `north "a"` || !strings.HasPrefix(string(value), `{"shop":`) || !strings.HasSuffix(string(value), "}") {
		t.Errorf("message is %s: %s, %v", key, value, err)
	}
	if _, _, err := result.ParseMessage(message[:3]); !errors.Is(err, result.ErrEnvelope) {
		t.Errorf("a cut message: %v", err)
	}
	if _, err := j.Append(nil, row[:len(row)-1]); !errors.Is(err, codec.ErrCorrupt) {
		t.Errorf("a cut row: %v", err)
	}
}
