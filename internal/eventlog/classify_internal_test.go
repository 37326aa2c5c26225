package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestADeadlineIsTheCallersOnlyWhereTheCallerIsGone(t *testing.T) {
	alive := t.Context()
	gone, cancel := context.WithCancel(alive)
	cancel()
	dial := fmt.Errorf("unable to dial: %w", context.DeadlineExceeded)
	for _, c := range []struct {
		ctx  context.Context
		err  error
		want error // nil: the error stays what it is
	}{
		{alive, dial, ErrUnavailable},
		{gone, dial, nil},
		{gone, context.Canceled, nil},
		{alive, os.ErrDeadlineExceeded, ErrUnavailable},
		{alive, kgo.ErrRecordTimeout, ErrUnavailable},
		{alive, kgo.ErrMaxBuffered, ErrBusy},
		{alive, kerr.MessageTooLarge, ErrTooLarge},
	} {
		got := classify(c.ctx, c.err)
		if c.want == nil && !errors.Is(got, c.err) || c.want == nil && errors.Is(got, ErrUnavailable) || c.want != nil && !errors.Is(got, c.want) {
			t.Errorf("%v became %v, want %v", c.err, got, c.want)
		}
	}
}
