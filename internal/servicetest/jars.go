package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Jars returns a folder with the jars that the pom.xml in a folder declares. Maven fetches
// them the first time, into a folder of the name that is kept.
func Jars(t testing.TB, name, source string) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".cache", "millrace-test", name)
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	cmd := exec.CommandContext(t.Context(), Program(t, "mvn", "maven"), "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot fetch the jars of %s: %v\n%s", source, err, out)
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
