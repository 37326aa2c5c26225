package kafkatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the two files below
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

//go:embed pom.xml
var pom []byte

//go:embed log4j2.properties
var logProperties []byte

// program finds a program that the broker needs.
func program(name, debianPackage string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("cannot start Apache Kafka: %s is missing; install it: apt-get install %s", name, debianPackage)
	}
	return path, nil
}

// jars returns the folder with the broker's jars, and fetches them the first
// time. A pom.xml that changes gets a folder of its own.
func jars(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cannot find a place for Apache Kafka's jars: %w", err)
	}
	dir := filepath.Join(cache, "millrace", fmt.Sprintf("kafka-%x", sha256.Sum256(pom))[:18])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("cannot make a place for Apache Kafka's jars: %w", err)
	}
	// Tests of several packages run at the same time.
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("cannot make a place for Apache Kafka's jars: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("cannot lock %q: %w", lock.Name(), err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	return dir, fetch(ctx, dir)
}

// fetch has Maven copy the jars into dir, which appears when it is complete.
func fetch(ctx context.Context, dir string) error {
	mvn, err := program("mvn", "maven")
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(dir), "fetch-")
	if err != nil {
		return fmt.Errorf("cannot make a place for Apache Kafka's jars: %w", err)
	}
	defer os.RemoveAll(scratch)
	if err := os.WriteFile(filepath.Join(scratch, "pom.xml"), pom, 0o644); err != nil {
		return fmt.Errorf("cannot fetch Apache Kafka's jars: %w", err)
	}
	lib := filepath.Join(scratch, "lib")
	cmd := exec.CommandContext(ctx, mvn, "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+lib)
	cmd.Dir = scratch
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot fetch Apache Kafka's jars with Maven: %w\n%s", err, out.String())
	}
	if err := os.Rename(lib, dir); err != nil {
		return fmt.Errorf("cannot put Apache Kafka's jars into %q: %w", dir, err)
	}
	return nil
}
