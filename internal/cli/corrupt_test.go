package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/cli"
)

func TestCorruptWritesTheFileAndItsLabels(t *testing.T) {
	const head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
	clean := head + strings.Repeat("536365,85123A,LAMP,6,2010-12-01 08:26:00,2.55,17850.0,EIRE\n", 100)
	labels := filepath.Join(t.TempDir(), "labels.jsonl")
	var stdout, stderr bytes.Buffer
	code := cli.Main(context.Background(), cli.Invocation{
		Args:  []string{"generate", "corrupt", "-", "--share", "0.5", "--labels", labels},
		Stdin: strings.NewReader(clean), Stdout: &stdout, Stderr: &stderr,
	})
	if code != 0 || strings.Count(stdout.String(), "\n") != 101 || stdout.String() == clean {
		t.Fatalf("code %d: %s\n%s", code, stderr.String(), stdout.String())
	}
	text, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n < 30 || n > 70 || !strings.Contains(string(text), `"way":"price_comma","category":"format","rule":"csv.money","field":"item.price","original":"536365,85123A,LAMP,6,`) {
		t.Errorf("labels:\n%s", text)
	}
	if !strings.Contains(stderr.String(), "price_comma") {
		t.Errorf("summary: %s", stderr.String())
	}
}

func TestCorruptRefusesOtherFiles(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := cli.Main(context.Background(), cli.Invocation{
		Args: []string{"generate", "corrupt", "-"}, Stdin: strings.NewReader("a,b\n1,2\n"), Stdout: &stdout, Stderr: &stderr,
	})
	if code != cli.ExitUsage || !strings.Contains(stderr.String(), "want order lines under the header") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}
