package checkpoint

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/ledger"
)

const (
	heldKind     = 'w'
	contentsKind = 'x'
	claimKind    = 'y'
	heldVersion  = 1

	heldConflict = 1 << 0
	heldPurged   = 1 << 1
)

// Held is an event that was quarantined, and what became of it since. It is kept as
// long as the checkpoint, so that an act can do nothing to what was never quarantined,
// and nothing twice; that is about 60 bytes for each.
type Held struct {
	State    ledger.Settlement
	Purged   bool // of those that are dead: for good
	Conflict bool // it was quarantined as event.DuplicateConflict
	ID       event.ID
	Source   string
	Received int64 // µs; the ledger counts it there
	Time     int64 // µs; 0 is unknown
}

func (h *Held) encode() []byte {
	flags := byte(0)
	if h.Conflict {
		flags |= heldConflict
	}
	if h.Purged {
		flags |= heldPurged
	}
	b := append(make([]byte, 0, 40+len(h.Source)), heldVersion, byte(h.State), flags)
	b = append(b, h.ID[:]...)
	b = binary.AppendVarint(b, h.Received)
	b = binary.AppendVarint(b, h.Time)
	return append(b, h.Source...)
}

func decodeHeld(b []byte) (Held, error) {
	if len(b) < 3 || b[0] != heldVersion || b[1] > byte(ledger.Dead) {
		return Held{}, ErrCorrupt
	}
	h := Held{State: ledger.Settlement(b[1]), Conflict: b[2]&heldConflict != 0, Purged: b[2]&heldPurged != 0}
	d := decoder{b: b[3:]}
	copy(h.ID[:], d.bytes(uint64(len(h.ID))))
	h.Received, h.Time = d.varint(), d.varint()
	h.Source = string(d.b)
	if d.bad {
		return Held{}, ErrCorrupt
	}
	return h, nil
}

// Held returns the quarantined event at an offset, as of the newest commit.
func (s *Store) Held(partition int32, offset int64) (h Held, found bool, err error) {
	b, err := s.get(heldKey(partition, offset))
	if err != nil || b == nil {
		return Held{}, false, err
	}
	if h, err = decodeHeld(b); err != nil {
		return Held{}, false, fmt.Errorf("quarantined event at offset %d of partition %d: %w", offset, partition, err)
	}
	return h, true, nil
}

// Held adds what became of quarantined events, by their offsets.
func (c *Commit) Held(partition int32, held map[int64]Held) error {
	for offset, h := range held {
		if err := c.batch.Set(heldKey(partition, offset), h.encode(), nil); err != nil {
			return err
		}
	}
	return nil
}

// Contents returns the digests of the contents with which an event was sent again
// under the identity that it had.
func (s *Store) Contents(partition int32, id event.ID) ([]uint32, error) {
	b, err := s.get(contentsKey(partition, id))
	if err != nil || len(b)%4 != 0 {
		return nil, cmp.Or(err, ErrCorrupt)
	}
	var checks []uint32
	for part := range slices.Chunk(b, 4) {
		checks = append(checks, binary.BigEndian.Uint32(part))
	}
	return checks, nil
}

// Contents sets the digests of events.
func (c *Commit) Contents(partition int32, contents map[event.ID][]uint32) error {
	for id, checks := range contents {
		var b []byte
		for _, check := range checks {
			b = binary.BigEndian.AppendUint32(b, check)
		}
		if err := c.batch.Set(contentsKey(partition, id), b, nil); err != nil {
			return err
		}
	}
	return nil
}

// Claim says whose an identity is, where it is not simply the event's that came with it
// first.
type Claim struct {
	State ClaimState
	// Received is in seconds. Of a free identity it is when the first event was received:
	// what the dedup index has seen at another time is of another event. Of one that was
	// accepted elsewhere it is when the partition was told.
	Received int64
}

// ClaimState says who may have an identity.
type ClaimState uint8

// The states of a claim.
const (
	Unclaimed ClaimState = iota // the identity is the first event's, as usual
	Free                        // the first event does without it
	Taken                       // an event was accepted under it that is not the first
	Elsewhere                   // an event was accepted under it in another partition
)

// Claim returns the claim to an identity, as of the newest commit.
func (s *Store) Claim(partition int32, id event.ID) (Claim, error) {
	b, err := s.get(claimKey(partition, id))
	if err != nil || b == nil {
		return Claim{}, err
	}
	d := decoder{b: b[1:]}
	c := Claim{State: ClaimState(b[0]), Received: d.varint()}
	if d.bad || c.State > Elsewhere {
		return Claim{}, fmt.Errorf("claim to identity %s in partition %d: %w", id, partition, ErrCorrupt)
	}
	return c, nil
}

// Claims sets claims to identities.
func (c *Commit) Claims(partition int32, claims map[event.ID]Claim) error {
	for id, claim := range claims {
		if err := c.batch.Set(claimKey(partition, id), binary.AppendVarint([]byte{byte(claim.State)}, claim.Received), nil); err != nil {
			return err
		}
	}
	return nil
}

func claimKey(partition int32, id event.ID) []byte {
	return append(taskKey(partition, claimKind), id[:]...)
}

func heldKey(partition int32, offset int64) []byte {
	return binary.BigEndian.AppendUint64(taskKey(partition, heldKind), uint64(offset))
}

func contentsKey(partition int32, id event.ID) []byte {
	return append(taskKey(partition, contentsKind), id[:]...)
}
