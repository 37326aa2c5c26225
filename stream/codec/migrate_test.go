package codec_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/stream/codec"
)

func migrate[Old, New any](t *testing.T, from Old, want New) {
	t.Helper()
	old, current := mustFor[Old](t), mustFor[New](t)
	d, err := current.Migrate(old.Schema())
	if err != nil {
		t.Error(err)
		return
	}
	var got New
	if err := d.Decode(old.Append(nil, &from), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: got %+v, want %+v", err, got, want)
	}
}

func refuse[Old, New any](t *testing.T, want string) {
	t.Helper()
	_, err := mustFor[New](t).Migrate(mustFor[Old](t).Schema())
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want …%s…", err, want)
	}
}

func TestMigrate(t *testing.T) {
	type v1 struct {
		Count uint16
		Gone  map[string][]inner
		Name  string
		Steps []struct{ At int32 }
	}
	type v2 struct {
		Name  string
		Added []string
		Steps []struct {
			Level level
			At    int64
		}
		Count int32
	}
	from := v1{Count: 65535, Gone: map[string][]inner{"a": {{"b", 1}}}, Name: "n"}
	from.Steps = append(from.Steps, struct{ At int32 }{-5})
	want := v2{Name: "n", Count: 65535}
	want.Steps = append(want.Steps, struct {
		Level level
		At    int64
	}{0, -5})
	migrate(t, from, want)
	migrate(t, int8(-3), int64(-3))
	migrate(t, uint8(200), int16(200))
	migrate(t, uint32(1<<31), uint(1<<31))
	migrate(t, struct {
		A int8
		B *inner
	}{1, &inner{"x", 2}}, struct{ B *struct{ Level int16 } }{&struct{ Level int16 }{2}})
	migrate(t, everything{Text: "skipped", List: []inner{{"a", 1}}, MaybeInt: new(int32), F32: 1, ByName: map[string]int64{"x": 1}}, struct {
		HTTPCode uint64
		Text     string
	}{0, "skipped"})
}

func TestMigrateRefuses(t *testing.T) {
	refuse[struct{ Sum int64 }, struct{ Sum string }](t,
		"field sum: it is stored as int64 and is now string: give the new field another name, or the table a new version")
	refuse[struct{ A []struct{ B int64 } }, struct{ A []struct{ B int32 } }](t, "field a[].b: it is stored as int64 and is now int32")
	refuse[struct{ A int64 }, struct{ A uint64 }](t, "stored as int64 and is now uint64")
	refuse[struct{ A uint64 }, struct{ A int64 }](t, "stored as uint64 and is now int64")
	refuse[struct{ A int64 }, struct{ A time.Duration }](t, "stored as int64 and is now duration")
	refuse[struct{ A float32 }, struct{ A float64 }](t, "stored as float32 and is now float64")
	refuse[struct{ A inner }, struct{ A *inner }](t, "and is now *struct{")
	refuse[struct{ A [2]int8 }, struct{ A [3]int8 }](t, "stored as [2]int8 and is now [3]int8")
	refuse[struct{ A sketch }, struct{ A []byte }](t, "stored as opaque codec_test.sketch and is now bytes")
	if _, err := mustFor[int](t).Migrate(codec.Schema{}); err == nil {
		t.Error("migrated from no schema")
	}
}
