package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// maxAnswerBytes bounds an answer that is held in memory.
const maxAnswerBytes = 256 << 20

// base checks the platform's address.
func (s *shell) base() (*url.URL, error) {
	text := s.url
	if text == "" {
		text = defaultURL
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, usage("%q is not the address of a platform; give one like %s by --url or MILLRACE_URL", s.url, defaultURL)
	}
	return u, nil
}

// call sends a request and returns an answer of status 2xx. Whoever calls closes
// its body.
func (s *shell) call(ctx context.Context, method, path string, query url.Values, header http.Header, body io.Reader) (*http.Response, error) {
	u, err := s.base()
	if err != nil {
		return nil, err
	}
	address := u.String()
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if f, ok := body.(*upload); ok && f.size >= 0 {
		request.ContentLength = f.size
	}
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, s.unreachable(ctx, address, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, s.refused(address, answer)
}

func (s *shell) unreachable(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return &failure{code: ExitFailed, what: "interrupted"}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &failure{
		code: ExitUnreachable,
		what: fmt.Sprintf("cannot reach the platform at %s: %v", address, err),
		hint: "Start it by 'millrace up' or 'millrace demo', or give its address by --url or MILLRACE_URL.",
	}
}

// problemError is an answer that says why not.
type problemError struct {
	status  int
	problem huma.ErrorModel
}

func (p *problemError) Error() string {
	var b strings.Builder
	b.WriteString(p.problem.Detail)
	if b.Len() == 0 {
		fmt.Fprintf(&b, "the platform answered %d %s", p.status, http.StatusText(p.status))
	}
	for _, e := range p.problem.Errors {
		b.WriteString("\n  ")
		if e.Location != "" {
			b.WriteString(e.Location + ": ")
		}
		b.WriteString(e.Message)
	}
	return b.String()
}

func (s *shell) refused(address string, answer *http.Response) error {
	p := &problemError{status: answer.StatusCode}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("cannot read the answer of %s: %w", address, err)
	}
	if json.Unmarshal(body, &p.problem) != nil || (p.problem.Detail == "" && len(p.problem.Errors) == 0) {
		p.problem = huma.ErrorModel{Detail: fmt.Sprintf("%s answered %s; is a Millrace platform there?", address, answer.Status)}
	}
	return p
}

// get fetches JSON. With --json it prints the answer as it is and out stays
// empty; done says so.
func (s *shell) get(ctx context.Context, path string, query url.Values, out any) (done bool, err error) {
	answer, err := s.call(ctx, http.MethodGet, path, query, http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return false, err
	}
	return s.take(answer, out)
}

// take reads a JSON answer, and prints it with --json.
func (s *shell) take(answer *http.Response, out any) (printed bool, err error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	if err != nil {
		return false, fmt.Errorf("the answer was cut off: %w", err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return false, fmt.Errorf("cannot understand the answer; is a Millrace platform of this version at the address? %w", err)
	}
	if s.json {
		_, err = fmt.Fprintf(s.Stdout, "%s\n", strings.TrimSpace(string(body)))
	}
	return s.json, err
}

// print writes a value as JSON.
func (s *shell) print(v any) error {
	encoder := json.NewEncoder(s.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
