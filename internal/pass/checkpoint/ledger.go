package checkpoint

import "github.com/millrace/millrace/internal/ledger"

// LedgerAt calls fn with the ledger and the positions of the tasks, both of one
// commit.
func (s *Store) LedgerAt(fn func(l *ledger.Ledger, positions map[int32]int64) error) error {
	snapshot := s.db.NewSnapshot()
	defer snapshot.Close()
	positions, _, err := progress(snapshot)
	if err != nil {
		return err
	}
	return fn(ledger.New(snapshot), positions)
}
