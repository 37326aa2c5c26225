package dashboard

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/record"
)

// AnnotationKinds are what annotations tell of.
var AnnotationKinds = []string{"deploy", "campaign", "incident", "note"}

// Annotation is something that happened, drawn in charts.
type Annotation struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	End  time.Time `json:"end,omitzero"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
	Link string    `json:"link,omitempty"`
	By   string    `json:"by"`
}

const (
	annotationCollection = "annotation"
	maxAnnotations       = 10_000
	maxAnnotationText    = 500
	maxLinkBytes         = 1000
)

// check refuses what is no annotation.
func (a *Annotation) check() error {
	link, err := url.Parse(a.Link)
	switch {
	case a.Time.IsZero():
		return invalid("time", "An annotation has a time.")
	case !a.End.IsZero() && a.End.Before(a.Time):
		return invalid("end", "The end is before the time.")
	case !slices.Contains(AnnotationKinds, a.Kind):
		return invalid("kind", "There is no kind %q; %s.", clip(a.Kind), spell.Suggest(a.Kind, AnnotationKinds))
	case strings.TrimSpace(a.Text) == "" || len(a.Text) > maxAnnotationText:
		return invalid("text", "The text has 1 to %d bytes.", maxAnnotationText)
	case len(a.Link) > maxLinkBytes || err != nil || a.Link != "" && link.Scheme != "https" && link.Scheme != "http":
		return invalid("link", "The link is an address that begins with https:// or http://, of at most %d bytes.", maxLinkBytes)
	}
	return nil
}

// Annotate keeps an annotation.
func (s *Service) Annotate(ctx context.Context, a Annotation) (Annotation, error) {
	if err := a.check(); err != nil {
		return a, err
	}
	var id [8]byte
	if _, err := io.ReadFull(s.cfg.Random, id[:]); err != nil {
		return a, fmt.Errorf("cannot name the annotation: %w", err)
	}
	a.ID, a.Time = hex.EncodeToString(id[:]), a.Time.UTC()
	value, err := json.Marshal(&a)
	if err != nil {
		return a, fmt.Errorf("cannot write the annotation: %w", err)
	}
	return a, s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		known, err := tx.Scan(annotationCollection, record.Range{Limit: maxAnnotations})
		if err != nil {
			return err
		}
		if len(known) >= maxAnnotations {
			return fmt.Errorf("%w annotations: %d is the limit; remove some", ErrFull, maxAnnotations)
		}
		_, err = tx.Put(annotationCollection, a.ID, value)
		return err
	})
}

// Annotations returns those that touch a range, by time. A zero time is no bound.
func (s *Service) Annotations(ctx context.Context, from, to time.Time) ([]Annotation, error) {
	var all []Annotation
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		all = nil
		records, err := r.Scan(annotationCollection, record.Range{})
		for _, one := range records {
			var a Annotation
			if err := json.Unmarshal(one.Value, &a); err != nil {
				return fmt.Errorf("the annotation %q is damaged: %w", one.Key, err)
			}
			if Touches(a.Time, a.End, from, to) {
				all = append(all, a)
			}
		}
		return err
	})
	slices.SortFunc(all, func(a, b Annotation) int { return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID)) })
	return all, err
}

// Touches reports whether something from time to end lies in a range, in part at least.
func Touches(at, end, from, to time.Time) bool {
	if end.IsZero() {
		end = at
	}
	return (to.IsZero() || at.Before(to)) && (from.IsZero() || !end.Before(from))
}

// Unannotate removes an annotation, and returns it.
func (s *Service) Unannotate(ctx context.Context, id string) (Annotation, error) {
	var a Annotation
	return a, s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		r, err := tx.Get(annotationCollection, cmp.Or(id, "-"))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(r.Value, &a); err != nil {
			return fmt.Errorf("the annotation %q is damaged: %w", id, err)
		}
		return tx.Delete(annotationCollection, id)
	})
}
