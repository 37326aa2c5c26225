package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) ingest() *cobra.Command {
	var adapter, source, name string
	c := &cobra.Command{
		Use:   "ingest FILE",
		Short: "Send a file of events",
		Long: `Send a file to the running platform: CSV or JSON Lines, also gzip or zstd; - is standard input.
The command returns once every record is durable in the log. A record that cannot be taken is
counted as rejected and listed; the others are taken, and the exit code is 1.
Sending a file again is safe: what was received before counts once. An interrupted file goes on
from where it was when it is sent again under the same name.`,
		Example: `  millrace ingest online_retail.csv.zst --adapter onlineretail
  zcat orders.jsonl.gz | millrace ingest - --adapter native --source shop --name orders.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if adapter == "" {
				return usage("which adapter reads the file? Give one by --adapter, such as --adapter onlineretail")
			}
			file, size, base, err := s.open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			if name == "" {
				name = base
			}
			query := url.Values{"adapter": {adapter}, "name": {name}}
			if source != "" {
				query.Set("source", source)
			}
			return s.send(c, file, size, query)
		},
	}
	c.Flags().StringVar(&adapter, "adapter", "", "adapter that reads the records (required)")
	c.Flags().StringVar(&source, "source", "", "source to count the events for (default: the one configured with the adapter)")
	c.Flags().StringVar(&name, "name", "", "name under which rows know the file (default: its own)")
	return c
}

// open opens a file, or standard input, whose size is -1.
func (s *shell) open(path string) (file io.ReadCloser, size int64, name string, err error) {
	if path == "-" {
		return io.NopCloser(s.Stdin), -1, "stdin", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, "", fmt.Errorf("cannot read the file: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		_ = f.Close()
		return nil, 0, "", fmt.Errorf("cannot read the file: %w", err)
	case info.IsDir():
		_ = f.Close()
		return nil, 0, "", usage("%s is a folder; give a file", path)
	case !info.Mode().IsRegular():
		return f, -1, filepath.Base(path), nil
	}
	return f, info.Size(), filepath.Base(path), nil
}

func (s *shell) send(c *cobra.Command, file io.Reader, size int64, query url.Values) error {
	start := s.clock.Now()
	body := &upload{r: file, size: size, answered: make(chan struct{}), done: make(chan struct{})}
	line := s.newLine()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.report(line, body, start)
	}()
	header := http.Header{"Content-Type": {"application/octet-stream"}, "Accept": {"application/json"}}
	ctx := httptrace.WithClientTrace(c.Context(), &httptrace.ClientTrace{GotFirstResponseByte: body.answer})
	answer, err := s.call(ctx, http.MethodPost, "/api/v1/files", query, header, body)
	close(body.done)
	<-stopped
	line.end()
	if err != nil {
		return err
	}
	var report gateway.FileAnswer
	printed, err := s.take(answer, &report)
	if err != nil {
		return err
	}
	if !printed {
		if err := s.printReport(&report, s.clock.Now().Sub(start)); err != nil {
			return err
		}
	}
	if report.Rejected > 0 {
		return silent()
	}
	return nil
}

// report shows how far the file is, until it is done.
func (s *shell) report(line *line, body *upload, start time.Time) {
	every := 5 * time.Second
	if line.style.terminal {
		every = 100 * time.Millisecond
	}
	ticker := s.clock.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-body.done:
			return
		case <-ticker.C:
			line.show(uploadLine(body.sent.Load(), body.size, s.clock.Now().Sub(start)))
		}
	}
}

func uploadLine(sent, size int64, took time.Duration) string {
	speed := bytesOf(int64(float64(sent)/took.Seconds())) + "/s"
	if size <= 0 {
		return fmt.Sprintf("%s sent, %s", bytesOf(sent), speed)
	}
	const width = 30
	share := min(1, float64(sent)/float64(size))
	full := int(share * width)
	return fmt.Sprintf("[%s%s] %3.0f %%  %s of %s, %s", strings.Repeat("#", full), strings.Repeat(".", width-full),
		share*100, bytesOf(sent), bytesOf(size), speed)
}

func (s *shell) printReport(r *gateway.FileAnswer, took time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s lines, %s events durable in the log, %s rejected, in %.1f s\n",
		oneLine(r.Stream), count(r.Lines), count(r.AcceptedByLog), count(r.Rejected), took.Seconds())
	if r.Resumed > 0 {
		fmt.Fprintf(&b, "  %s of them were there from an interrupted upload\n", count(r.Resumed))
	}
	for _, e := range r.Errors {
		fmt.Fprintf(&b, "  line %d, column %d: %s\n", e.Line, e.Column, oneLine(e.Message))
	}
	if hidden := r.Rejected - int64(len(r.Errors)); len(r.Errors) > 0 && hidden > 0 {
		fmt.Fprintf(&b, "  and %s more; SELECT * FROM rejections lists them all\n", count(hidden))
	}
	_, err := io.WriteString(s.Stdout, b.String())
	return err
}

// upload is the body of a file's request. It counts what is sent. Once the
// platform answers before the file's end, it sends no more: writing on would
// break the connection before the answer is read.
type upload struct {
	r        io.Reader
	size     int64 // -1 when not known
	sent     atomic.Int64
	first    sync.Once
	answered chan struct{} // closed by the first byte of the answer
	done     chan struct{} // closed once the answer is there
}

func (u *upload) answer() { u.first.Do(func() { close(u.answered) }) }

func (u *upload) Read(b []byte) (int, error) {
	select {
	case <-u.answered:
		<-u.done
		return 0, errAnswered
	default:
	}
	n, err := u.r.Read(b)
	u.sent.Add(int64(n))
	return n, err
}

var errAnswered = errors.New("the platform has answered")
