package kafkatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// Options describe a broker. The zero value is one without security.
type Options struct {
	TLS                bool              // clients connect by TLS
	ClientCertificates bool              // TLS, and clients show a certificate
	SASL               bool              // clients log in, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
	Properties         map[string]string // added to the broker's configuration
	Heap               string            // of the virtual machine; 512m
}

// Broker is a broker with its data. Its methods serve one goroutine.
type Broker struct {
	options Options
	dir     string
	lib     string
	java    string
	ports   ports
	cmd     *exec.Cmd
	done    chan struct{} // closed when the process has ended
}

const (
	startTime = time.Minute      // a broker takes 3 s on an idle machine
	stopTime  = 30 * time.Second // it moves no data when it stops
	pollTime  = 50 * time.Millisecond
	attempts  = 3 // a port that was free may be taken before the broker has it
)

// Start runs a broker as long as the test. The broker's log is the test's when
// it fails.
func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	b, err := Open(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Kill()
		if t.Failed() {
			t.Logf("log of the Kafka broker:\n%s", b.log())
		}
	})
	return b
}

// Open runs a broker over an empty folder.
func Open(ctx context.Context, dir string, o Options) (*Broker, error) {
	java, err := program("java", "default-jre-headless")
	if err != nil {
		return nil, err
	}
	lib, err := jars(ctx)
	if err != nil {
		return nil, err
	}
	if o.Heap == "" {
		o.Heap = "512m"
	}
	b := &Broker{options: o, dir: dir, lib: lib, java: java}
	if err := os.WriteFile(b.file("log4j2.properties"), logProperties, 0o600); err != nil {
		return nil, fmt.Errorf("cannot start Apache Kafka: %w", err)
	}
	if o.TLS || o.ClientCertificates {
		if err := certificates(dir); err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		err = b.first(ctx)
		if err == nil || attempt == attempts || !bytes.Contains(b.log(), []byte("Address already in use")) {
			return b, err
		}
	}
}

// first formats the broker's storage and starts it, on new ports.
func (b *Broker) first(ctx context.Context) (err error) {
	if b.ports, err = freePorts(); err != nil {
		return err
	}
	if err := os.RemoveAll(b.file("data")); err != nil {
		return fmt.Errorf("cannot start Apache Kafka: %w", err)
	}
	text := b.options.properties(b.dir, b.ports)
	if err := os.WriteFile(b.file("server.properties"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("cannot start Apache Kafka: %w", err)
	}
	format := b.command(b.options.formatArgs(b.file("server.properties"))...)
	if out, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot format the storage of Apache Kafka: %w\n%s", err, out)
	}
	return b.Restart(ctx)
}

func (b *Broker) file(name string) string { return filepath.Join(b.dir, name) }

func (b *Broker) command(args ...string) *exec.Cmd {
	fixed := []string{
		"-Xmx" + b.options.Heap, "-Xms" + b.options.Heap, "-XX:+UseSerialGC",
		"-Dlog4j2.configurationFile=" + b.file("log4j2.properties"), "-cp", filepath.Join(b.lib, "*"),
	}
	cmd := exec.Command(b.java, append(fixed, args...)...)
	cmd.Dir, cmd.SysProcAttr = b.dir, dieWithParent()
	return cmd
}

// log is what the broker wrote.
func (b *Broker) log() []byte {
	text, err := os.ReadFile(b.file("broker.log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// Restart starts a broker that was stopped or killed, over its data and on its
// address, and waits until it answers.
func (b *Broker) Restart(ctx context.Context) error {
	if b.running() {
		return errors.New("BUG: the broker runs already")
	}
	log, err := os.OpenFile(b.file("broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cannot start Apache Kafka: %w", err)
	}
	defer log.Close()
	b.cmd = b.command("kafka.Kafka", b.file("server.properties"))
	b.cmd.Stdout, b.cmd.Stderr = log, log
	if err := b.cmd.Start(); err != nil {
		return fmt.Errorf("cannot start Apache Kafka: %w", err)
	}
	done := make(chan struct{})
	b.done = done
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(done)
	}(b.cmd)
	if err := b.await(ctx); err != nil {
		b.Kill()
		return fmt.Errorf("apache Kafka did not start: %w\n%s", err, b.log())
	}
	return nil
}

// await returns when the broker answers. The internal listener tells, which
// needs no certificate; the broker opens all of them together.
func (b *Broker) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.ports.internal))
	if err != nil {
		return fmt.Errorf("cannot make a client: %w", err)
	}
	defer client.Close()
	for {
		if b.listens() && client.Ping(ctx) == nil {
			return nil
		}
		if !b.running() {
			return errors.New("its process ended")
		}
		if err := clock.Real().Sleep(ctx, pollTime); err != nil {
			return err
		}
	}
}

func (b *Broker) listens() bool {
	c, err := net.Dial("tcp", b.ports.client)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func (b *Broker) running() bool {
	if b.done == nil {
		return false
	}
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// Addr is the address that clients bootstrap from.
func (b *Broker) Addr() string { return b.ports.client }

// CAFile is the PEM file of the authority that signed the broker's certificate.
func (b *Broker) CAFile() string { return b.file("ca.pem") }

// ClientFiles are the PEM files of a certificate that the broker accepts, and
// of its key.
func (b *Broker) ClientFiles() (certificate, key string) {
	return b.file("client.pem"), b.file("client-key.pem")
}

// Stop asks the broker to end, and waits for it.
func (b *Broker) Stop(ctx context.Context) error {
	if !b.running() {
		return nil
	}
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("cannot stop Apache Kafka: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		b.Kill()
		return fmt.Errorf("apache Kafka did not stop and was killed: %w", ctx.Err())
	}
}

// Kill ends the broker as a power cut would.
func (b *Broker) Kill() {
	if b.running() {
		_ = b.cmd.Process.Kill()
		<-b.done
	}
}
