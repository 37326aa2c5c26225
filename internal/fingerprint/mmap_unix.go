//go:build unix

package fingerprint

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps size > 0 bytes for reading. Lookups are random, so readahead would only evict other pages.
func mapFile(file *os.File, size int) ([]byte, error) {
	data, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	_ = unix.Madvise(data, unix.MADV_RANDOM) // advice
	return data, nil
}

func unmapFile(data []byte) error { return unix.Munmap(data) }
