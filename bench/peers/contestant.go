package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The heaps are stated, not tuned: Flink's state and network buffers and both
// systems' RocksDB live outside of them.
const (
	streamsHeap = "1g"
	flinkHeap   = "1g"
)

// command is how a system is started, without the arguments all have.
func (s settings) command(system string) ([]string, error) {
	java := func(module, heap string, flags ...string) []string {
		target := filepath.Join(s.java, module, "target")
		command := append([]string{"java", "-Xms" + heap, "-Xmx" + heap, "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}, flags...)
		return append(command, "-cp", filepath.Join(target, module+"-1.jar")+":"+filepath.Join(target, "lib", "*"), "peers."+module+".Main")
	}
	flink := func(state string) []string {
		var opens []string
		for _, name := range []string{"java.lang", "java.util", "java.util.concurrent", "java.io", "java.net", "java.nio", "java.time"} {
			opens = append(opens, "--add-opens=java.base/"+name+"=ALL-UNNAMED")
		}
		return append(java("flink", flinkHeap, opens...), "--state", state)
	}
	switch system {
	case "streams":
		return java("streams", streamsHeap), nil
	case "flink":
		return flink("rocksdb"), nil
	case "flink-heap":
		return flink("hashmap"), nil
	case "millrace":
		if s.millrace == "" {
			return nil, errors.New("cannot run millrace: -millrace names no binary")
		}
		return []string{s.millrace}, nil
	}
	return nil, fmt.Errorf("unknown system %q: want streams, flink, flink-heap or millrace", system)
}

// reading is what a run took.
type reading struct {
	cpu    float64 // seconds, from "started" to "finished"
	cpuAll float64 // seconds, from the start of the process to "finished"
	wall   float64 // seconds, from "started" to "finished"
	rss    float64 // peak, bytes
}

// measure runs a query in a system, and returns what it took and its results.
func (s settings) measure(ctx context.Context, t *topics, brokers, ads, query, system string) (reading, map[string]string, error) {
	output := "result-" + query + "-" + system
	work := filepath.Join(s.dir, output)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return reading{}, nil, err
	}
	defer os.RemoveAll(work)
	if err := t.create(ctx, output, appendTime); err != nil {
		return reading{}, nil, err
	}
	command, err := s.command(system)
	if err != nil {
		return reading{}, nil, err
	}
	command = append(command, "--query", query, "--brokers", brokers, "--input", inputOf(query), "--output", output,
		"--events", strconv.Itoa(s.input(query).Events), "--partitions", strconv.Itoa(s.partitions), "--parallelism", strconv.Itoa(s.parallelism),
		"--commit-ms", strconv.FormatInt(s.commit.Milliseconds(), 10), "--ads", ads, "--work", work)
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := race(ctx, command)
	if err != nil {
		return r, nil, err
	}
	results, err := t.table(ctx, output)
	return r, results, err
}

// race runs a contestant to its end and takes the readings when it says that it
// has started and finished.
func race(ctx context.Context, command []string) (r reading, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return r, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	var began time.Time
	var atStart float64
	finished := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		word, quiet, _ := strings.Cut(lines.Text(), " ")
		now := time.Now()
		switch word {
		case "started":
			began = now
			atStart, err = cpuSeconds(cmd.Process.Pid)
		case "finished":
			finished = true
			r.rss, r.cpuAll, err = usage(cmd.Process.Pid)
			since, _ := strconv.ParseFloat(quiet, 64)
			r.wall, r.cpu = now.Sub(began).Seconds()-since/1000, r.cpuAll-atStart
			_ = stdin.Close()
		}
	}
	ended := cmd.Wait()
	if err = errors.Join(err, ended); err != nil || !finished || began.IsZero() {
		return r, fmt.Errorf("the contestant did not finish: %w\n%s", errors.Join(err, ctx.Err()), last(stderr.String(), 2000))
	}
	return r, nil
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }

func usage(pid int) (rss, cpu float64, err error) {
	cpu, err = cpuSeconds(pid)
	if err != nil {
		return 0, 0, err
	}
	rss, err = peakMemory(pid)
	return rss, cpu, err
}

// ticksPerSecond is the unit of /proc/PID/stat on Linux (USER_HZ, proc(5)).
const ticksPerSecond = 100

// cpuSeconds is the processor time of a process' threads, without its children.
func cpuSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may have spaces
	fields := strings.Fields(rest)
	const user, system = 11, 12 // utime and stime are fields 14 and 15 of all
	if len(fields) <= system {
		return 0, fmt.Errorf("cannot read the processor time of process %d: %q", pid, text)
	}
	u, err := strconv.ParseFloat(fields[user], 64)
	if err != nil {
		return 0, err
	}
	k, err := strconv.ParseFloat(fields[system], 64)
	return (u + k) / ticksPerSecond, err
}

// peakMemory is the largest resident set of a process so far, in bytes.
func peakMemory(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kb * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmHWM", pid)
}
