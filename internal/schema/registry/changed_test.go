package registry_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/millrace/millrace/internal/schema/registry"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// Each change is told once; what changes nothing, or fails, is not.
func TestChangesAreToldOf(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var told []string
	g := registry.New(registry.Config{Store: store, ID: "test", Changed: func(_ context.Context, c registry.Change) {
		told = append(told, fmt.Sprintf("%s %s %s %s", c.Subject, c.Action, c.Version, c.After))
	}})
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := registry.Definition{Type: "AVRO", Text: `"string"`}
	for range 2 {
		_, err = g.Register(ctx, "orders", text, false)
		must(err)
	}
	if _, err := g.Register(ctx, "orders", registry.Definition{Type: "AVRO", Text: `"int"`}, false); err == nil {
		t.Error("what is not compatible was taken")
	}
	must(g.SetLevel(ctx, "orders", registry.None, nil))
	_, err = g.ClearLevel(ctx, "orders")
	must(err)
	must(g.SetMode(ctx, "", registry.ReadOnly, false))
	_, err = g.ClearMode(ctx, "")
	must(err)
	_, err = g.DeleteVersion(ctx, "orders", "1", false)
	must(err)
	_, err = g.DeleteSubject(ctx, "orders", true)
	must(err)
	want := []string{
		`orders registered 1 "string"`, "orders set_compatibility  NONE", "orders clear_compatibility  ", " set_mode  READONLY", " clear_mode  ",
		"orders deleted 1 ", "orders removed  ",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told:\n%q\nwant\n%q", told, want)
	}
}
