package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/alert"
)

// EmailConfig says how mail is sent.
type EmailConfig struct {
	Address  string // host:port of the server
	TLS      string // starttls, tls or none
	Username string // empty: no authentication
	Password string
	From     string
	To       []string
	Roots    *tls.Config // for tests; nil: the system's authorities
}

// NewEmail returns a channel that sends mail, as text and as HTML. The messages of one
// incident are one thread.
func NewEmail(cfg EmailConfig) (alert.Channel, error) {
	e := &email{cfg: cfg}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no e-mail address: %w", cfg.From, err)
	}
	e.from = from
	for _, text := range cfg.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("the recipient %q is no e-mail address: %w", text, err)
		}
		e.to = append(e.to, to)
	}
	e.host, _, err = net.SplitHostPort(cfg.Address)
	return e, err
}

type email struct {
	cfg  EmailConfig
	host string
	from *mail.Address
	to   []*mail.Address
}

// Send implements [alert.Channel].
func (e *email) Send(ctx context.Context, m *alert.Message) (string, error) {
	text, err := e.compose(m)
	if err != nil {
		return "", &alert.RefusedError{Reason: err}
	}
	c, err := e.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot talk to the mail server %s: %w", e.cfg.Address, err)
	}
	defer c.Close()
	if err := e.transfer(c, text); err != nil {
		return "", fmt.Errorf("the mail server %s did not take the message: %w", e.cfg.Address, err)
	}
	_ = c.Quit() // it has the message
	return "", nil
}

// connect opens a connection, encrypted and authenticated as configured. It ends with ctx.
func (e *email) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", e.cfg.Address)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	secure := &tls.Config{}
	if e.cfg.Roots != nil {
		secure = e.cfg.Roots.Clone()
	}
	secure.ServerName = e.host
	if e.cfg.TLS == "tls" {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, e.host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := e.greet(c, secure); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (e *email) greet(c *smtp.Client, secure *tls.Config) error {
	if e.cfg.TLS == "starttls" {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("it does not offer STARTTLS; set email.tls to tls, or to none within a trusted network")
		}
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	}
	if e.cfg.Username == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", e.cfg.Username, e.cfg.Password, e.host))
}

// transfer hands the message over. Recipients that the server does not know do not keep
// it from the others.
func (e *email) transfer(c *smtp.Client, text []byte) error {
	if err := c.Mail(e.from.Address); err != nil {
		return refusedBySMTP(err)
	}
	var refused []error
	for _, to := range e.to {
		err := c.Rcpt(to.Address)
		if err == nil {
			continue
		}
		if !isPermanent(err) {
			return err
		}
		refused = append(refused, fmt.Errorf("recipient %s: %w", to.Address, err))
	}
	if len(refused) == len(e.to) {
		return &alert.RefusedError{Reason: errors.Join(refused...)}
	}
	w, err := c.Data()
	if err != nil {
		return refusedBySMTP(err)
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return refusedBySMTP(w.Close())
}

func isPermanent(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code >= 500
}

func refusedBySMTP(err error) error {
	if err != nil && isPermanent(err) {
		return &alert.RefusedError{Reason: err}
	}
	return err
}

// alternatives writes a message as text and as a page, of which readers show one.
func alternatives(m *alert.Message) (body []byte, contentType string, err error) {
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for _, part := range []struct{ kind, text string }{{"text/plain", plain(m)}, {"text/html", page(m)}} {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, "", err
		}
		if err := quoted(p, part.text, false); err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	return parts.Bytes(), "multipart/alternative; boundary=" + w.Boundary(), err
}

// quoted writes quoted-printable text. Of a file the ends of lines are kept as they are.
func quoted(w io.Writer, text string, file bool) error {
	q := quotedprintable.NewWriter(w)
	q.Binary = file
	if _, err := io.WriteString(q, text); err != nil {
		return err
	}
	return q.Close()
}

// attached writes what a message says, and behind it the file of its result, if readers
// want it.
func attached(m *alert.Message) (body []byte, contentType string, err error) {
	inner, kind, err := alternatives(m)
	if err != nil || m.Result == nil || !m.Result.Attach {
		return inner, kind, err
	}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	p, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}})
	if err != nil {
		return nil, "", err
	}
	if _, err := p.Write(inner); err != nil {
		return nil, "", err
	}
	p, err = w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"text/csv; charset=utf-8; header=present"}, "Content-Transfer-Encoding": {"quoted-printable"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": m.Result.File})},
	})
	if err != nil {
		return nil, "", err
	}
	if err := quoted(p, m.Result.CSV, true); err != nil {
		return nil, "", err
	}
	err = w.Close()
	return parts.Bytes(), "multipart/mixed; boundary=" + w.Boundary(), err
}

// compose writes the message as RFC 5322 and RFC 2046 have it.
func (e *email) compose(m *alert.Message) ([]byte, error) {
	body, contentType, err := attached(m)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(e.from.Address, "@")
	to := make([]string, len(e.to))
	for i, a := range e.to {
		to[i] = a.String()
	}
	var b bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	head("From", e.from.String())
	head("To", strings.Join(to, ",\r\n "))
	subject := cut(heading(m), 200)
	if m.Kind != alert.KindReport {
		subject = "[" + string(m.Severity) + "] " + subject
	}
	head("Subject", mime.QEncoding.Encode("utf-8", subject))
	head("Date", m.At.UTC().Format(time.RFC1123Z))
	head("Message-ID", "<"+m.ID()+"@"+domain+">")
	if m.Seq > 1 {
		first := "<" + m.Incident + "-1@" + domain + ">"
		head("In-Reply-To", first)
		head("References", first)
	}
	head("Auto-Submitted", "auto-generated")
	head("MIME-Version", "1.0")
	head("Content-Type", contentType)
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes(), nil
}

func plain(m *alert.Message) string {
	lines := append([]string{heading(m), ""}, details(m)...)
	if m.Result != nil {
		lines = append(lines, "", strings.ReplaceAll(asText(m.Result, maxShownRows, math.MaxInt), "\n", "\r\n"))
	}
	if m.Link != "" {
		lines = append(lines, "", m.Link)
	}
	return strings.Join(append(lines, "", "-- ", footer(m), ""), "\r\n")
}

func page(m *alert.Message) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html><html><body><h2>" + html.EscapeString(heading(m)) + "</h2>")
	for _, line := range details(m) {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(line), "\n", "<br>") + "</p>")
	}
	if m.Result != nil {
		b.WriteString(asHTML(m.Result))
	}
	if strings.HasPrefix(m.Link, "http") {
		link := html.EscapeString(m.Link)
		b.WriteString(`<p><a href="` + link + `">` + link + "</a></p>")
	}
	b.WriteString("<p><small>" + html.EscapeString(footer(m)) + "</small></p></body></html>\r\n")
	return b.String()
}
