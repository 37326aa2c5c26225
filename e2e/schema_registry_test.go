//go:build sources

package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const avroConfig = `
pass: {jobs: {dir: %s, topic_format: avro}}
sources:
  - {name: shop, adapter: native, write_keys: [k]}
`

const largeOrders = `
name: large_orders
context: {campaign.name: text}
events: {types: [order_completed]}
columns:
  order_id: order_id
  amount: amount
  campaign: 'context.campaign.name == "" ? "none" : context.campaign.name'
output: {topic: large-orders}
`

// javaJars returns the folder of the Java consumer's jars, which Maven fetches once.
func javaJars(t *testing.T) string {
	t.Helper()
	pom, err := os.ReadFile("java/pom.xml")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "millrace", fmt.Sprintf("e2e-java-%x", sha256.Sum256(pom))[:20])
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	fetched := filepath.Join(t.TempDir(), "lib")
	mvn := exec.Command(need(t, "mvn", "maven"), "-B", "-q", "-f", "java/pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+fetched)
	if out, err := mvn.CombinedOutput(); err != nil {
		t.Fatalf("cannot fetch the jars of java/pom.xml: %v\n%s", err, out)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fetched, dir); err != nil {
		return fetched // another disk, or another run was first
	}
	return dir
}

// TestResultsInAvroAreReadByOtherClients lets Java's Kafka client with Avro's own library,
// and KafkaJS with a client of Confluent's registry, read the results of a job.
func TestResultsInAvroAreReadByOtherClients(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	jobs := filepath.Join(dir, "jobs")
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "millrace.yaml")
	write(config, fmt.Sprintf(avroConfig, jobs))
	write(filepath.Join(jobs, "large_orders.yaml"), largeOrders)
	p := up(t, "--config", config, "--data-dir", filepath.Join(dir, "data"))
	var body bytes.Buffer
	var want []string
	const orders = 20
	for i := range orders {
		amount := fmt.Sprintf("%.6f", float64(i)-2.5)
		fmt.Fprintf(&body, `{"type":"order_completed","order_id":"o-%d","customer_id":"c-%d","currency":"EUR","amount":"%s","context":{"campaign":{"name":"ü"}}}`+"\n", i, i, amount)
		want = append(want, fmt.Sprintf("o-%d %s ü", i, amount))
	}
	if status, answer := p.post("/v1/events", "application/x-ndjson", body.Bytes(), "Authorization", "Bearer k"); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, answer)
	}
	p.waitReceived(orders)
	slices.Sort(want)
	compare := func(who string, lines []string) {
		slices.Sort(lines)
		if !slices.Equal(lines, want) {
			t.Errorf("%s reads\n%s\nwant\n%s", who, strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	}
	out := node(t, "consume.js", p.kafka, p.url+"/registry", "large-orders", fmt.Sprint(orders))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "hello; Confluent_Schema_Registry") {
		t.Errorf("what KafkaJS's client registers: %s", last)
	}
	compare("KafkaJS", lines[:len(lines)-1])

	java := exec.Command(need(t, "java", "default-jdk-headless"), "-cp", javaJars(t)+"/*", "java/Consume.java", p.kafka, p.url+"/registry", "large-orders", fmt.Sprint(orders))
	var stderr bytes.Buffer
	java.Stderr = &stderr
	read, err := java.Output()
	if err != nil {
		t.Fatalf("Java: %v\n%s", err, stderr.String())
	}
	compare("Java", strings.Split(strings.TrimSpace(string(read)), "\n"))
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr.String())
	}
}
