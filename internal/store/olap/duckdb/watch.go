package duckdb

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// watchEvery is how often the memory of the process is looked at while a user's
// query runs.
const watchEvery = 20 * time.Millisecond

// watch stops a user's query during which the process grows far beyond what the
// store may use. DuckDB's limit covers its buffers, but not the text and the
// lists that expressions make.
func (c *cursor) watch(limit int64) {
	before := residentBytes()
	if before == 0 {
		return // not Linux
	}
	ticker := c.s.cfg.Clock.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
			if residentBytes() > before+limit {
				c.cancel(&olap.Error{Kind: olap.ErrLimit, Message: "the query needs more memory than it may have: make shorter texts and lists, or filter more rows"})
				return
			}
		}
	}
}

// residentBytes is the memory that the process holds, or 0 when that is not
// known.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
