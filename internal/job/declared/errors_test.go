package declared_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/internal/job/declared"
)

func TestErrorsHaveTheirPlaces(t *testing.T) {
	datadriven.RunTest(t, "testdata/errors.txt", func(t *testing.T, d *datadriven.TestData) string {
		_, err := declared.Load([]byte(d.Input), "job.yaml", declared.Params{})
		if err == nil {
			t.Fatalf("%s: nothing is wrong with\n%s", d.Pos, d.Input)
		}
		return err.Error() + "\n"
	})
}
