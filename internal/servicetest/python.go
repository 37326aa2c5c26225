package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Python returns an interpreter with packages of PyPI, given as requirements with their
// versions. They are installed the first time, into a folder of the name that is kept.
func Python(t testing.TB, name string, packages ...string) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".cache", "millrace-test", name)
	python, done := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return python
	}
	for _, command := range [][]string{
		{Program(t, "python3", "python3-venv"), "-m", "venv", dir},
		append([]string{python, "-m", "pip", "install", "-q"}, packages...),
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("cannot install %v: %v\n%s", packages, err, out)
		}
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return python
}
