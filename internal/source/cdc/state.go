package cdc

import (
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/internal/source/resume"
)

// Load reads what a source has stored under a key. It is false when that is
// nothing.
func Load[T any](c resume.Cursors, key string) (state T, ok bool, err error) {
	value, ok, err := c.Get(key)
	if err != nil {
		return state, false, fmt.Errorf("cannot read %q: %w", key, err)
	}
	if !ok {
		return state, false, nil
	}
	if err := json.Unmarshal(value, &state); err != nil {
		return state, false, fmt.Errorf("cannot read %q: %w", key, err)
	}
	return state, true, nil
}

// Save stores it; a kill does not take it back.
func Save[T any](c resume.Cursors, key string, state T) error {
	value, err := json.Marshal(state)
	if err == nil {
		err = c.Put(key, value)
	}
	if err != nil {
		return fmt.Errorf("cannot store %q: %w", key, err)
	}
	return nil
}
