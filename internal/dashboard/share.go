package dashboard

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Share lets whoever knows its token read one dashboard, and nothing else. The token itself
// is not kept.
type Share struct {
	ID        string        `json:"id"`
	Dashboard string        `json:"dashboard"`
	Range     string        `json:"range,omitempty"` // that it opens with; empty: the dashboard's
	Filters   []BoardFilter `json:"filters,omitempty"`
	Expires   time.Time     `json:"expires,omitzero"`
	Embed     bool          `json:"embed,omitempty"`
	By        string        `json:"by"`
	Created   time.Time     `json:"created"`
}

const (
	shareCollection = "share"
	maxShares       = 1000
	tokenBytes      = 32
	shareIDBytes    = 6
)

// What callers act on.
var (
	// ErrNoShare says that a token opens nothing: it never did, was removed, or has expired.
	ErrNoShare = errors.New("the link opens nothing: it was removed, has expired, or is incomplete")
	ErrTooFast = errors.New("the link is used too often at once")
)

// digest is what is kept in place of a text.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// NewShare makes a share, and its token.
func (s *Service) NewShare(ctx context.Context, share Share) (Share, string, error) {
	e, err := s.Get(ctx, share.Dashboard)
	if err != nil {
		return share, "", err
	}
	now := s.cfg.Clock.Now().UTC()
	if !share.Expires.IsZero() && !share.Expires.After(now) {
		return share, "", invalid("expires_at", "The link would have expired already.")
	}
	check := Request{Range: share.Range, Filters: share.Filters}
	if _, err := s.prepare(e.Board, &check); err != nil {
		return share, "", err
	}
	var secret [tokenBytes]byte
	if _, err := io.ReadFull(s.cfg.Random, secret[:]); err != nil {
		return share, "", fmt.Errorf("cannot make a token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(secret[:])
	key := digest([]byte(token))
	share.ID, share.Created = key[:2*shareIDBytes], now
	value, err := json.Marshal(&share)
	if err != nil {
		return share, "", fmt.Errorf("cannot write the share: %w", err)
	}
	return share, token, s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		known, err := tx.Scan(shareCollection, record.Range{})
		if err != nil {
			return err
		}
		left := len(known)
		for _, r := range known {
			var old Share
			if json.Unmarshal(r.Value, &old) == nil && old.expired(now) {
				if err := tx.Delete(shareCollection, r.Key); err != nil {
					return err
				}
				left--
			}
		}
		if left >= maxShares {
			return fmt.Errorf("%w links: %d is the limit; remove some", ErrFull, maxShares)
		}
		_, err = tx.Put(shareCollection, key, value)
		return err
	})
}

func (s *Share) expired(now time.Time) bool { return !s.Expires.IsZero() && !now.Before(s.Expires) }

// Shares returns those that have not expired, the newest first.
func (s *Service) Shares(ctx context.Context) ([]Share, error) {
	now := s.cfg.Clock.Now()
	var all []Share
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		all = nil
		records, err := r.Scan(shareCollection, record.Range{})
		for _, one := range records {
			var share Share
			if err := json.Unmarshal(one.Value, &share); err != nil {
				return fmt.Errorf("the share %q is damaged: %w", one.Key[:2*shareIDBytes], err)
			}
			if !share.expired(now) {
				all = append(all, share)
			}
		}
		return err
	})
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID)) })
	return all, err
}

// Unshare removes a share. The error wraps [ErrNoShare] when there is none.
func (s *Service) Unshare(ctx context.Context, id string) (Share, error) {
	var share Share
	err := s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		if len(id) != 2*shareIDBytes {
			return ErrNoShare
		}
		found, err := tx.Scan(shareCollection, record.Range{Prefix: id, Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNoShare
		}
		if err := json.Unmarshal(found[0].Value, &share); err != nil {
			return fmt.Errorf("the share %q is damaged: %w", id, err)
		}
		return tx.Delete(shareCollection, found[0].Key)
	})
	return share, err
}

// OpenShare returns what a token opens. The error wraps [ErrNoShare], or [ErrTooFast].
func (s *Service) OpenShare(ctx context.Context, token string) (*Share, *Entry, error) {
	share, e, err := s.LookShare(ctx, token)
	if err == nil && !s.meter.take(share.ID, s.cfg.Clock.Now(), s.cfg.Limits.ShareRate) {
		return nil, nil, ErrTooFast
	}
	return share, e, err
}

// LookShare is OpenShare for the platform itself: it does not count as a use.
func (s *Service) LookShare(ctx context.Context, token string) (*Share, *Entry, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return nil, nil, ErrNoShare
	}
	key := digest([]byte(token))
	now := s.cfg.Clock.Now()
	var share Share
	var e *Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(shareCollection, key)
		if errors.Is(err, record.ErrNotFound) {
			return ErrNoShare
		}
		if err != nil {
			return err
		}
		share = Share{}
		if err := json.Unmarshal(found.Value, &share); err != nil {
			return fmt.Errorf("the share %q is damaged: %w", key[:2*shareIDBytes], err)
		}
		if share.expired(now) {
			return ErrNoShare
		}
		e, err = s.lookup(r, share.Dashboard)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case e == nil:
		return nil, nil, ErrNoShare // its dashboard is gone
	}
	return &share, e, nil
}

// Restrict makes a reader's request one that the share allows: within its filters.
func (s *Share) Restrict(r Request) Request {
	if r.Range == "" && r.From.IsZero() {
		r.Range = s.Range
	}
	r.Fixed = s.Filters
	return r
}

// shareMeter bounds how often shares are used.
type shareMeter struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket is a bucket of tokens: it fills at the rate, up to three seconds' worth.
type bucket struct {
	left float64
	at   time.Time
}

const bucketSeconds = 3

func (m *shareMeter) take(id string, now time.Time, rate int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	full := float64(bucketSeconds * rate)
	b := m.buckets[id]
	if b == nil {
		if len(m.buckets) >= 2*maxShares { // of shares that are gone, for the most part
			clear(m.buckets)
		}
		b = &bucket{left: full, at: now}
		m.buckets[id] = b
	}
	b.left = min(full, b.left+max(0, now.Sub(b.at).Seconds())*float64(rate))
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
