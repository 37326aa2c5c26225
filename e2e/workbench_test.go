//go:build web

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestWorkbenchGivesTheCleanTables is TestRepairedLinesGiveTheCleanTables by hand: a browser
// repairs everything in the console's workbench (web/test/acceptance/workbench.ts).
func TestWorkbenchGivesTheCleanTables(t *testing.T) {
	s := newRepairScene(t)
	s.wantCategories()
	plan := struct {
		Repairs []plannedRepair   `json:"repairs"`
		Orders  map[string]string `json:"orders"`
	}{Orders: map[string]string{}}
	for _, r := range s.repairs() {
		plan.Repairs = append(plan.Repairs, plannedRepair{r, s.labelled(&r)})
	}
	for line, order := range s.orders() {
		plan.Orders[line] = order
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	tsx := exec.Command("node_modules/.bin/tsx", "test/acceptance/workbench.ts")
	tsx.Dir = "../web"
	tsx.Env = append(os.Environ(), "MILLRACE_URL="+s.broken.url, "PLAN="+file)
	if out, err := tsx.CombinedOutput(); err != nil {
		t.Fatalf("the browser did not get through: %v\n%s", err, out)
	}
	s.broken.settle()
	s.wantBalance()
	s.wantCleanTables()
}

// plannedRepair is a repair and how many events it heals.
type plannedRepair struct {
	repair
	Heals int64 `json:"heals"`
}
