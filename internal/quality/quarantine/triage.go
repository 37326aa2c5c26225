package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Triage is what people say about a group or an event: whether somebody has looked at
// it, who sees to it, where it is discussed.
type Triage struct {
	State    string    `json:"state" enum:"new,triaged" doc:"new: nobody has said anything yet"`
	Assignee string    `json:"assignee,omitempty"`
	Note     string    `json:"note,omitempty"`
	Ticket   string    `json:"ticket,omitempty" doc:"Link to where it is discussed"`
	By       string    `json:"by,omitempty" doc:"Who said it last"`
	At       time.Time `json:"at,omitzero"`
	History  []Note    `json:"-"`
}

// Note is one thing that somebody said.
type Note struct {
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Reason   string    `json:"reason,omitempty"`
	State    string    `json:"state"`
	Assignee string    `json:"assignee,omitempty"`
	Note     string    `json:"note,omitempty"`
	Ticket   string    `json:"ticket,omitempty"`
}

// TriageChange changes what is said. What is absent stays.
type TriageChange struct {
	State    string  `json:"state,omitempty" enum:"new,triaged" doc:"Absent: triaged"`
	Assignee *string `json:"assignee,omitempty" maxLength:"200"`
	Note     *string `json:"note,omitempty" maxLength:"10000"`
	Ticket   *string `json:"ticket,omitempty" maxLength:"2000" doc:"Link to where it is discussed"`
	By       string  `json:"by,omitempty" maxLength:"200" doc:"Who says it. Absent: api"`
	Reason   string  `json:"reason,omitempty" maxLength:"1000"`
}

const (
	triageCollection = "quarantine_triage"
	maxNotes         = 200 // kept of one group or event; the oldest go
	// DefaultBy is who acts when a client does not say.
	DefaultBy = "api"
)

func groupTriage(id string) string     { return "group/" + id }
func itemTriage(at Coordinates) string { return "item/" + at.String() }
func (t *Triage) last() (n Note)       { return t.History[len(t.History)-1] }
func decodeNotes(b []byte) ([]Note, error) {
	var notes []Note
	err := json.Unmarshal(b, &notes)
	return notes, err
}

// triage is what the notes come to.
func triage(notes []Note) Triage {
	t := Triage{State: "new", History: notes}
	if len(notes) > 0 {
		n := t.last()
		t.State, t.Assignee, t.Note, t.Ticket, t.By, t.At = n.State, n.Assignee, n.Note, n.Ticket, n.By, n.At
	}
	return t
}

// TriageGroup says something about a group.
func (s *Service) TriageGroup(ctx context.Context, id string, change TriageChange) (*Triage, error) {
	if _, err := s.groupKey(ctx, id); err != nil {
		return nil, err
	}
	return s.note(ctx, groupTriage(id), change)
}

// TriageItem says something about one event. It goes before what is said about its group.
func (s *Service) TriageItem(ctx context.Context, at Coordinates, change TriageChange) (*Triage, error) {
	if _, err := s.item(ctx, at); err != nil {
		return nil, err
	}
	return s.note(ctx, itemTriage(at), change)
}

func (s *Service) note(ctx context.Context, key string, change TriageChange) (*Triage, error) {
	if change.State == "" {
		change.State = "triaged"
	}
	var out Triage
	err := s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		var notes []Note
		before, err := tx.Get(triageCollection, key)
		switch {
		case errors.Is(err, record.ErrNotFound):
		case err != nil:
			return err
		default:
			if notes, err = decodeNotes(before.Value); err != nil {
				return fmt.Errorf("the record %s %q is damaged: %w", triageCollection, key, err)
			}
		}
		was := triage(notes)
		n := Note{
			At: s.cfg.Clock.Now().UTC().Truncate(time.Microsecond), By: orDefault(change.By), Reason: change.Reason, State: change.State,
			Assignee: or(change.Assignee, was.Assignee), Note: or(change.Note, was.Note), Ticket: or(change.Ticket, was.Ticket),
		}
		notes = append(notes, n)
		notes = slices.Clone(notes[max(0, len(notes)-maxNotes):])
		out = triage(notes)
		text, err := json.Marshal(notes)
		if err != nil {
			return err
		}
		_, err = tx.Put(triageCollection, key, text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot keep what is said about %s: %w", key, err)
	}
	return &out, nil
}

func or(v *string, d string) string {
	if v == nil {
		return d
	}
	return *v
}

func orDefault(by string) string {
	if by == "" {
		return DefaultBy
	}
	return by
}

func (s *Service) triageOf(ctx context.Context, key string) (t Triage, err error) {
	err = s.cfg.Records.View(ctx, func(r record.Reader) error {
		t, err = readTriage(r, key)
		return err
	})
	return t, err
}

func readTriage(r record.Reader, key string) (Triage, error) {
	found, err := r.Get(triageCollection, key)
	if errors.Is(err, record.ErrNotFound) {
		return triage(nil), nil
	}
	if err != nil {
		return Triage{}, err
	}
	notes, err := decodeNotes(found.Value)
	if err != nil {
		return Triage{}, fmt.Errorf("the record %s %q is damaged: %w", triageCollection, key, err)
	}
	return triage(notes), nil
}

func (s *Service) addTriages(ctx context.Context, groups []HeldGroup) error {
	return s.cfg.Records.View(ctx, func(r record.Reader) error {
		for i := range groups {
			var err error
			if groups[i].Triage, err = readTriage(r, groupTriage(groups[i].ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// addTriage adds what was said about an item and its group to the item's history.
func (d *HeldDetail) addTriage(own, group Triage) {
	for _, n := range slices.Concat(group.History, own.History) {
		message := n.State
		for _, part := range []struct{ what, is string }{{"assignee", n.Assignee}, {"note", n.Note}, {"ticket", n.Ticket}} {
			if part.is != "" {
				message += "; " + part.what + ": " + part.is
			}
		}
		d.History = append(d.History, HeldChange{At: n.At, What: "triage", By: n.By, Reason: n.Reason, Message: message})
	}
	slices.SortStableFunc(d.History, func(a, b HeldChange) int { return a.At.Compare(b.At) })
}
