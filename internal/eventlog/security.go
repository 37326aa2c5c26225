package eventlog

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/millrace/millrace/internal/runtime/config"
)

// Security returns the options of a client for encryption and authentication. setting is
// the path of the section that has them, for errors.
func Security(t config.TLS, s config.SASL, setting string) ([]kgo.Opt, error) {
	var opts []kgo.Opt
	if t.Enabled {
		c, err := TLSConfig(t, setting)
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(c))
	}
	switch user, pass := s.Username, string(s.Password); s.Mechanism {
	case "":
	case "PLAIN":
		opts = append(opts, kgo.SASL(plain.Auth{User: user, Pass: pass}.AsMechanism()))
	case "SCRAM-SHA-256":
		opts = append(opts, kgo.SASL(scram.Auth{User: user, Pass: pass}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		opts = append(opts, kgo.SASL(scram.Auth{User: user, Pass: pass}.AsSha512Mechanism()))
	default:
		return nil, fmt.Errorf("unknown %s.sasl.mechanism %q: want PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", setting, s.Mechanism)
	}
	return opts, nil
}

// TLSConfig returns the settings of a client's encryption. setting is the path of the
// section that has them, for errors.
func TLSConfig(c config.TLS, setting string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify} //nolint:gosec // the operator's explicit choice, documented as for tests only
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s.tls.ca_file: %w", setting, err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cannot use %s.tls.ca_file %q: it holds no PEM certificate", setting, c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot load %s.tls.cert_file %q with %s.tls.key_file %q: %w", setting, c.CertFile, setting, c.KeyFile, err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
