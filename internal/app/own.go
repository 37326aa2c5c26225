package app

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/stream"
)

// Own is what a shop's binary adds to the platform.
type Own struct {
	Adapters []adapter.Adapter
	Jobs     []*stream.Job
}

// addOwn adds the adapters of the shop's binary.
func (c *catalog) addOwn(own []adapter.Adapter) error {
	var errs []error
	for _, a := range own {
		if _, taken := c.adapters[a.Name()]; taken {
			errs = append(errs, fmt.Errorf("there is an adapter %q already; give yours another name", a.Name()))
			continue
		}
		c.adapters[a.Name()] = a
	}
	return errors.Join(errs...)
}
