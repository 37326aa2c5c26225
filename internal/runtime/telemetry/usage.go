package telemetry

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what the process has used of the machine since it began.
type Usage struct {
	CPU          time.Duration // user and system, all threads
	PeakRSSBytes int64         // largest resident set so far
}

// ReadUsage asks the operating system.
func ReadUsage() (Usage, error) {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return Usage{}, fmt.Errorf("cannot read the usage of the process: %w", err)
	}
	u := Usage{CPU: time.Duration(ru.Utime.Nano() + ru.Stime.Nano())}
	u.PeakRSSBytes = int64(ru.Maxrss) //nolint:unconvert // narrower on other systems
	if runtime.GOOS == "linux" {
		u.PeakRSSBytes <<= 10 // Linux counts KiB, others bytes
		// ru_maxrss begins with the peak of the process that started us; the
		// high-water mark of our own memory does not.
		if own, ok := highWaterMark(); ok {
			u.PeakRSSBytes = own
		}
	}
	return u, nil
}

// highWaterMark reads VmHWM of proc(5), in bytes.
func highWaterMark() (int64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kib, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
