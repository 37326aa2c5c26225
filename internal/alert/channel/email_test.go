package channel_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
)

// mailServer is a recording server of RFC 5321 with STARTTLS (RFC 3207) and AUTH PLAIN
// (RFC 4954).
type mailServer struct {
	listener net.Listener
	tls      *tls.Config
	replies  map[string]string // command → what is answered in place of the usual

	mu    sync.Mutex
	mails []letter
	done  sync.WaitGroup
}

type letter struct {
	from      string
	to        []string
	text      []byte
	encrypted bool
	user      string
}

func serveMail(t *testing.T) (*mailServer, *tls.Config) {
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS() // for its certificate, of 127.0.0.1
	t.Cleanup(certificates.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certificates.Certificate())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{listener: l, tls: &tls.Config{Certificates: certificates.TLS.Certificates}, replies: map[string]string{}}
	s.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); s.done.Wait() })
	return s, &tls.Config{RootCAs: roots}
}

func (s *mailServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	var got letter
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 mail.example ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		command, rest, _ := strings.Cut(line, " ")
		s.mu.Lock()
		reply := s.replies[strings.ToUpper(command)]
		if reply == "" {
			reply = s.replies[line]
		}
		s.mu.Unlock()
		if reply != "" {
			say(reply)
			continue
		}
		switch strings.ToUpper(command) {
		case "EHLO":
			say("250-mail.example")
			say("250 " + map[bool]string{true: "AUTH PLAIN LOGIN", false: "STARTTLS"}[got.encrypted])
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(conn, s.tls)
			if secure.Handshake() != nil {
				return
			}
			conn, in, got.encrypted = secure, bufio.NewReader(secure), true
			say = func(line string) { _, _ = fmt.Fprintf(secure, "%s\r\n", line) }
		case "AUTH":
			plain, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if fields := strings.Split(string(plain), "\x00"); len(fields) == 3 && fields[2] == "pw" {
				got.user = fields[1]
				say("235 welcome")
			} else {
				say("535 5.7.8 wrong password")
			}
		case "MAIL":
			got.from = strings.Trim(strings.Fields(strings.TrimPrefix(rest, "FROM:"))[0], "<>")
			say("250 ok")
		case "RCPT":
			got.to = append(got.to, strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			if got.text, err = readData(in); err != nil {
				return
			}
			s.mu.Lock()
			s.mails = append(s.mails, got)
			s.mu.Unlock()
			say("250 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what?")
		}
	}
}

// readData reads up to the line with a dot alone.
func readData(in *bufio.Reader) ([]byte, error) {
	var text bytes.Buffer
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return text.Bytes(), err
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *mailServer) mailer(t *testing.T, roots *tls.Config, change func(*channel.EmailConfig)) alert.Channel {
	cfg := channel.EmailConfig{
		Address: s.listener.Addr().String(), TLS: "starttls", Username: "millrace", Password: "pw",
		From: "Millrace <millrace@shop.example>", To: []string{"ann@shop.example", "Bob Öl <bob@shop.example>"}, Roots: roots,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := channel.NewEmail(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmail(t *testing.T) {
	s, roots := serveMail(t)
	c := s.mailer(t, roots, nil)
	send(t, c, message(1, alert.KindOpen))
	send(t, c, message(2, alert.KindClose))
	if len(s.mails) != 2 {
		t.Fatalf("%d mails, want 2", len(s.mails))
	}
	for i, got := range s.mails {
		if !got.encrypted || got.user != "millrace" || got.from != "millrace@shop.example" || !slices.Equal(got.to, []string{"ann@shop.example", "bob@shop.example"}) {
			t.Errorf("mail %d: encrypted %v, user %q, from %q, to %q", i, got.encrypted, got.user, got.from, got.to)
		}
		checkMail(t, got.text, i+1)
	}
}

// checkMail reads a mail as RFC 5322 and RFC 2046 say.
func checkMail(t *testing.T, text []byte, seq int) {
	t.Helper()
	for line := range bytes.SplitSeq(text, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\n\r") {
			t.Errorf("a line has %d bytes, or a bare line break", len(line))
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "größer") {
		t.Errorf("the subject is %q: %v", subject, err)
	}
	if _, err := m.Header.Date(); err != nil {
		t.Error(err)
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 || to[1].Name != "Bob Öl" {
		t.Errorf("To is %v: %v", to, err)
	}
	if got, want := m.Header.Get("Message-ID"), fmt.Sprintf("<0123456789abcdef0123-%d@shop.example>", seq); got != want {
		t.Errorf("Message-ID is %q, want %q", got, want)
	}
	if got := m.Header.Get("In-Reply-To"); (got != "") != (seq > 1) {
		t.Errorf("In-Reply-To is %q", got)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %q: %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want) || !bytes.Contains(body, []byte("数量")) {
			t.Errorf("%s: %q, %v", want, p.Header, err)
		}
		if want == "text/html" && bytes.Contains(body, []byte("<source>")) {
			t.Error("the page is not escaped")
		}
	}
}

func TestFaultsOfMailServers(t *testing.T) {
	for _, test := range []struct {
		name, command, reply string
		refused              bool
		want                 string
	}{
		{"busy", "MAIL", "451 4.3.0 try later", false, "451"},
		{"sender refused", "MAIL", "550 5.7.1 not you", true, "550"},
		{"all recipients refused", "RCPT", "550 5.1.1 nobody here", true, "ann@shop.example"},
		{"grey listing", "RCPT", "450 4.2.0 later", false, "450"},
		{"data refused", "DATA", "554 5.6.0 spam", true, "554"},
		{"wrong password", "AUTH", "535 5.7.8 no", false, "535"},
		{"no STARTTLS", "EHLO", "250 mail.example", false, "STARTTLS"},
	} {
		s, roots := serveMail(t)
		s.replies[test.command] = test.reply
		_, err := s.mailer(t, roots, nil).Send(t.Context(), message(1, alert.KindOpen))
		var refused *alert.RefusedError
		if err == nil || errors.As(err, &refused) != test.refused || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	// One recipient that is not known does not keep the mail from the others.
	s, roots := serveMail(t)
	s.replies["RCPT TO:<ann@shop.example>"] = "550 5.1.1 nobody here"
	send(t, s.mailer(t, roots, nil), message(1, alert.KindOpen))
	if len(s.mails) != 1 || !slices.Equal(s.mails[0].to, []string{"bob@shop.example"}) {
		t.Errorf("the mails are %v", s.mails)
	}
	// A certificate by nobody whom we know.
	if _, err := s.mailer(t, nil, nil).Send(t.Context(), message(1, alert.KindOpen)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate is %v", err)
	}
	for _, bad := range []string{"nobody", "a@b\r\nBcc: c@d"} {
		if _, err := channel.NewEmail(channel.EmailConfig{Address: "h:25", From: bad}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}
