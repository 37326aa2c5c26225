package eventlog

import (
	"context"
	"fmt"
	"slices"
)

// Groups returns the consumer groups of the cluster with the topics that each has read.
func (t *Topic) Groups(ctx context.Context) (map[string][]string, error) {
	listed, err := t.admin.ListGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list consumer groups: %w", err)
	}
	out := make(map[string][]string)
	for name, group := range t.admin.FetchManyOffsets(ctx, listed.Groups()...) {
		if group.Err != nil {
			continue // it is gone by now, or not ours to see
		}
		for topic := range group.Fetched {
			out[name] = append(out[name], topic)
		}
		slices.Sort(out[name])
	}
	return out, nil
}
