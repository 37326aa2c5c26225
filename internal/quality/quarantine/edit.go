package quarantine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/internal/store/record"
)

// edits are payloads that were edited, by the event that they are of.
type edits map[Coordinates][]byte

// edit is one of them as it is kept.
type edit struct {
	Item    string `json:"item"`
	Payload []byte `json:"payload"`
}

func (e edits) items() []string {
	all := make([]string, 0, len(e))
	for at := range e {
		all = append(all, at.String())
	}
	return all
}

func (s *Service) edits(ctx context.Context, run string, chunk int) (edits, error) {
	var all []edit
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(editCollection, chunkKey(run, chunk))
		if err != nil {
			return err
		}
		return json.Unmarshal(found.Value, &all)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read what was edited for run %s: %w", run, err)
	}
	out := make(edits, len(all))
	for _, e := range all {
		at, err := ParseCoordinates(e.Item)
		if err != nil {
			return nil, fmt.Errorf("what was edited for run %s is damaged: %w", run, err)
		}
		out[at] = e.Payload
	}
	return out, nil
}

// dropEdits forgets what was edited for a run.
func (s *Service) dropEdits(ctx context.Context, run string) error {
	return s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		all, err := tx.Scan(editCollection, record.Range{Prefix: run + "/"})
		for _, r := range all {
			if err := tx.Delete(editCollection, r.Key); err != nil {
				return err
			}
		}
		return err
	})
}
