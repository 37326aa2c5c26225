package app

// Way is a way for events into the platform, as docs/sources.md lists it.
type Way struct {
	Name      string
	Setting   string // path in the configuration that switches it on
	Formats   string
	Position  string // where it goes on after a restart
	Guarantee string
	Rate      string // as docs/benchmarks.md has it
	Tests     []string
	Page      string // under docs/
}

const (
	once      = "exactly once"
	byID      = "at least once; a redelivery counts once, by "
	ownNumber = "position in the log"
)

// Ways are all ways in, in the order of the page.
func Ways() []Way { return ways }
