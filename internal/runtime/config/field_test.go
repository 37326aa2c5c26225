package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEverySettingIsDescribed(t *testing.T) {
	env := map[string]string{}
	root().walk(func(f *field) {
		if f.key == "" || !strings.HasSuffix(f.desc, ".") {
			t.Errorf("%s (%s): needs a yaml key and a desc that is a sentence", f.path, f.typ)
		}
		numeric := f.kind == kindInt || f.kind == kindDuration || f.kind == kindBytes || f.kind == kindFloat
		if numeric != (f.min != "") || numeric != (f.max != "") {
			t.Errorf("%s: every number has a min and a max, nothing else does", f.path)
		}
		if name := f.env(); name != "" {
			if env[name] != "" || otherVariables[name] != "" {
				t.Errorf("%s: %s has the variable %s already", f.path, env[name], name)
			}
			env[name] = f.path
		}
	})
}

func TestSecretsAreNeverShown(t *testing.T) {
	c := Default()
	c.Log.SASL.Password = "hunter2"
	text, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "sasl", c.Log.SASL, "password", c.Log.SASL.Password)
	shown := fmt.Sprintf("%s %s %v %+v %#v", text, logged.String(), c, c, c.Log.SASL)
	if strings.Contains(shown, "hunter2") {
		t.Errorf("the password is in %s", shown)
	}
	if c.Log.SASL.Password.Reveal() != "hunter2" {
		t.Error("Reveal lost the password")
	}
}

func TestBytesAndDurationsReadWhatTheyWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Bytes(rapid.Int64Min(0).Draw(t, "bytes"))
		if back, err := ParseBytes(size.String()); err != nil || back != size {
			t.Fatalf("%s: %v, %v", size, back, err)
		}
		d := time.Duration(rapid.Int64Min(0).Draw(t, "duration"))
		if back, err := parseDuration(formatDuration(d)); err != nil || back != d {
			t.Fatalf("%s: %v, %v", formatDuration(d), back, err)
		}
	})
}

func TestJSONSchemaIsStrictAndHasDefaults(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		AdditionalProperties *bool
		Properties           map[string]*schema
		Items                *schema
		Default              any
		Minimum              json.Number
		Enum, Required       []string
	}
	var s schema
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	log := s.Properties["log"]
	if log.AdditionalProperties == nil || *log.AdditionalProperties {
		t.Error("log allows unknown keys")
	}
	if got := log.Properties["partitions"]; got.Default != json.Number("8") || got.Minimum != "1" {
		t.Errorf("partitions: %+v", got)
	}
	if got := log.Properties["linger"].Default; got != "5ms" {
		t.Errorf("linger: %v", got)
	}
	if got := log.Properties["sasl"].Properties["mechanism"].Enum; len(got) != 4 {
		t.Errorf("mechanism: %v", got)
	}
	if got := s.Properties["sources"].Items.Required; fmt.Sprint(got) != "[name adapter]" {
		t.Errorf("required of a source: %v", got)
	}
}

func TestReferenceNamesEverySetting(t *testing.T) {
	page := string(ReferenceMarkdown())
	root().walk(func(f *field) {
		if env := f.env(); env != "" && !strings.Contains(page, env) {
			t.Errorf("%s is not in the reference", f.path)
		}
		if !strings.Contains(page, f.desc) {
			t.Errorf("%s is not described in the reference", f.path)
		}
	})
}
