package protobuf_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/protobuf"
)

func parse(t *testing.T, text string) schema.Schema {
	t.Helper()
	s, err := protobuf.Format{}.Parse(text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func order(body string) string {
	return "syntax = \"proto3\"; package shop;\nmessage Order { " + body + " }\nmessage Item { string sku = 1; }\nenum State { NEW = 0; }"
}

func TestReads(t *testing.T) {
	old2 := func(body string) string { return "message Order { " + body + " }" }
	for _, c := range []struct{ name, reader, writer, want string }{
		{"the same", order("string id = 1;"), order("string id = 1;"), ""},
		{"a field more", order("string id = 1; int32 n = 2;"), order("string id = 1;"), ""},
		{"a field less", order("string id = 1;"), order("string id = 1; int32 n = 2;"), ""},
		{"another name", order("string key = 1;"), order("string id = 1;"), ""},
		{"another package", strings.Replace(order("Item i = 1;"), "shop", "store", 1), order("Item i = 1;"), ""},
		{"int32 becomes int64", order("int64 n = 1;"), order("int32 n = 1;"), ""},
		{"an enum becomes a number", order("int32 n = 1;"), order("State n = 1;"), ""},
		{"int32 becomes sint32", order("sint32 n = 1;"), order("int32 n = 1;"), "FIELD_SCALAR_KIND_CHANGED #/Order/1"},
		{"a string becomes bytes", order("bytes n = 1;"), order("string n = 1;"), ""},
		{"a string becomes a number", order("int32 n = 1;"), order("string n = 1;"), "FIELD_SCALAR_KIND_CHANGED #/Order/1"},
		{"a message becomes a number", order("int32 n = 1;"), order("Item n = 1;"), "FIELD_KIND_CHANGED #/Order/1"},
		{"another message", order("Order n = 1;"), order("Item n = 1;"), "FIELD_NAMED_TYPE_CHANGED #/Order/1"},
		{"a repeated string", order("repeated string n = 1;"), order("string n = 1;"), ""},
		{"a repeated number", order("repeated int32 n = 1;"), order("int32 n = 1;"), "FIELD_NUMERIC_LABEL_CHANGED #/Order/1"},
		{"a message less", `syntax = "proto3"; message Item { string sku = 1; }`, order(""), "MESSAGE_REMOVED #/Order"},
		{"a nested message", order("message Line { int32 n = 1; }"), order("message Line { string n = 1; }"), "FIELD_SCALAR_KIND_CHANGED #/Order/Line/1"},
		{"a map's value", order("map<string, int32> m = 1;"), order("map<string, string> m = 1;"), "FIELD_SCALAR_KIND_CHANGED #/Order/1/value"},
		{"a map becomes a number", order("int32 m = 1;"), order("map<string, string> m = 1;"), "FIELD_KIND_CHANGED #/Order/1"},
		{"one field into a new oneof", order("oneof x { string a = 1; string b = 2; }"), order("string a = 1;"), ""},
		{"two fields into a oneof", order("oneof x { string a = 1; string b = 2; }"), order("string a = 1; string b = 2;"), "MULTIPLE_FIELDS_MOVED_TO_ONEOF #/Order/x"},
		{"a field into an old oneof", order("oneof x { string a = 1; string b = 2; }"), order("oneof x { string a = 1; } string b = 2;"), "FIELD_MOVED_TO_EXISTING_ONEOF #/Order/x"},
		{"a field out of a oneof's", order("oneof x { string a = 1; }"), order("oneof x { string a = 1; string b = 2; }"), "ONEOF_FIELD_REMOVED #/Order/2"},
		{"optional is no oneof", order("optional string a = 1;"), order("string a = 1;"), ""},
		{"required more", old2("required string id = 1;"), old2(""), "REQUIRED_FIELD_ADDED #/Order/1"},
		{"required less", old2(""), old2("required string id = 1;"), "REQUIRED_FIELD_REMOVED #/Order/1"},
		{"a reserved number", order("string b = 2;"), order("reserved 2; string a = 1;"), "RESERVED_FIELD_NUMBER_REUSED #/Order/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			for _, i := range parse(t, c.reader).Reads(parse(t, c.writer)) {
				got += i.Kind + " " + i.Path
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOneSchemaInSeveralLayouts(t *testing.T) {
	first := parse(t, order("string id = 1;")).Canonical()
	if got := parse(t, strings.ReplaceAll(order("/* the id */ string id=1;"), "\n", " ")).Canonical(); got != first {
		t.Error("layout and comments make another schema")
	}
	if got := parse(t, order("string key = 1;")).Canonical(); got == first {
		t.Error("another name is the same schema")
	}
	bytes, err := base64.StdEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	descriptor := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(bytes, descriptor); err != nil {
		t.Fatal(err)
	}
	descriptor.Name = proto.String("shop/order.proto")
	if bytes, err = proto.Marshal(descriptor); err != nil {
		t.Fatal(err)
	}
	if got := parse(t, base64.StdEncoding.EncodeToString(bytes)).Canonical(); got != first {
		t.Error("the descriptor is another schema than its text")
	}
}

func TestReferences(t *testing.T) {
	text := `syntax = "proto3"; import "item.proto"; import "google/protobuf/timestamp.proto";
		message Order { Item item = 1; google.protobuf.Timestamp at = 2; }`
	if _, err := (protobuf.Format{}).Parse(text, nil); err == nil || !strings.Contains(err.Error(), "item.proto") {
		t.Errorf("a file that is not there: %v", err)
	}
	imports := []schema.Import{{Name: "item.proto", Text: `syntax = "proto3"; message Item { string sku = 1; }`}}
	if _, err := (protobuf.Format{}).Parse(text, imports); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"message", `{"type":"string"}`, order("string a = 1; string b = 1;"), order("reserved 1; string a = 1;"), order("Unknown a = 1;"),
		order("string a = 0;"), "AAAA",
	} {
		if _, err := (protobuf.Format{}).Parse(text, nil); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{order("string id = 1;"), order("oneof x { string a = 1; }"), "message A { required int32 a = 1; }", order("map<string, Item> m = 3;")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := protobuf.Format{}.Parse(text, nil)
		if err != nil {
			return
		}
		if found := s.Reads(s); len(found) > 0 {
			t.Errorf("%q does not read itself: %v", text, found)
		}
	})
}
