package cloudevents

import (
	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
)

// Name is the name that sources are configured with.
const Name = "cloudevents"

// version changes whenever the same event may decode differently.
const version = "1"

// Adapter reads CloudEvents. In files, one event stands
// in a line.
type Adapter struct{ jsonevent.Lines }

var (
	_ adapter.Adapter    = (*Adapter)(nil)
	_ adapter.FileFormat = (*Adapter)(nil)
)

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name implements [adapter.Adapter].
func (*Adapter) Name() string { return Name }

// Version implements [adapter.Adapter].
func (*Adapter) Version() string { return version }

// NewDecoder implements [adapter.Adapter].
func (*Adapter) NewDecoder(hook adapter.Telemetry) adapter.Decoder {
	return &Decoder{in: jsonevent.NewReader(Name, hook)}
}
