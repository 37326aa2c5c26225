package transcode

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/types/dynamicpb"
)

const wideProto = `syntax = "proto3";
message Basket { repeated Line lines = 1; map<string, Line> named = 2; bytes raw = 3; repeated double prices = 4; Line best = 5; string name = 6; }
message Line { string sku = 1; string a_long_name_of_a_field = 2; int64 quantity = 3; optional string note = 4; repeated string tags = 5; }`

func TestTheLengthOfALongRecordIsKnownBeforeItIsMade(t *testing.T) {
	codec, err := NewProtobuf(t.Context(), wideProto, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := codec.(*protobufCodec)
	if !ok {
		t.Fatalf("it is a %T", codec)
	}
	for name, record := range map[string][]byte{
		"messages in a list": bytes.Repeat([]byte{0x0a, 0}, 50),
		"a map":              {0x12, 3, 0x0a, 1, 'a', 0x12, 5, 0x0a, 1, 'b', 0x12, 0},
		"bytes":              append([]byte{0x1a, 90}, bytes.Repeat([]byte{7}, 90)...),
		"numbers":            append([]byte{0x22, 80}, make([]byte, 80)...),
		"a message":          {0x2a, 3, 0x0a, 1, 'x'},
		"a string":           append([]byte{0x32, 60}, bytes.Repeat([]byte{'"'}, 60)...),
		"nothing":            {},
	} {
		text, err := c.Append(nil, append([]byte{0}, record...), 1<<20)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := dynamicpb.NewMessage(c.file.Messages().Get(0))
		if err := c.decode.Unmarshal(record, m); err != nil {
			t.Fatal(err)
		}
		// Never more than it is, and not much less.
		if b := (bound{left: len(text)}); !b.message(m) || b.left > len(text)/2 {
			t.Errorf("%s: %d of %d bytes are left", name, b.left, len(text))
		}
		if b := (bound{left: len(text) / 3}); b.message(m) {
			t.Errorf("%s: %d bytes may fit into a third", name, len(text))
		}
		if _, err := c.Append(nil, append([]byte{0}, record...), len(text)-1); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
