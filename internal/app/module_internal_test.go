package app

import (
	"log/slog"
	"testing"

	"github.com/millrace/millrace/internal/runtime/config"
)

// Whatever a process is started for, its modules have an order to start in.
func TestEveryTargetStarts(t *testing.T) {
	cfg := config.Default()
	for _, target := range Targets() {
		p := &platform{cfg: cfg, log: slog.New(slog.DiscardHandler)}
		modules, err := p.modules([]string{target.Name})
		if err != nil || len(modules) == 0 {
			t.Errorf("target %s: %d modules, %v", target.Name, len(modules), err)
		}
	}
}
