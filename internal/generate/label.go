package generate

import (
	"container/heap"
	"encoding/json"
	"strconv"
	"time"
)

// Label says what happened, and which events show it.
type Label struct {
	Kind            string    `json:"kind"`
	Class           Class     `json:"class"`
	ID              string    `json:"id"`
	From            time.Time `json:"from"`
	To              time.Time `json:"to"`
	Complete        bool      `json:"complete"`
	By              string    `json:"by,omitempty"`
	Also            []string  `json:"also,omitempty"`
	EventIDs        []string  `json:"event_ids,omitempty"`
	PaymentIDs      []string  `json:"payment_ids,omitempty"`
	OrderIDs        []string  `json:"order_ids,omitempty"`
	CustomerIDs     []string  `json:"customer_ids,omitempty"`
	AnonymousID     string    `json:"anonymous_id,omitempty"`
	SessionID       string    `json:"session_id,omitempty"`
	CartID          string    `json:"cart_id,omitempty"`
	DeviceID        string    `json:"device_id,omitempty"`
	IP              string    `json:"ip,omitempty"`
	CardFingerprint string    `json:"card_fingerprint,omitempty"`
	ProductIDs      []string  `json:"product_ids,omitempty"`
	LocationID      string    `json:"location_id,omitempty"`
	Source          string    `json:"source,omitempty"`
	Factor          *float64  `json:"factor,omitempty"`

	kind     Kind
	number   uint64
	from, to int64 // event times
	ready    int64 // when the last of its events is delivered
}

// maxLabelled bounds the lists of a label.
const maxLabelled = 10_000

func (s *Shop) newLabel(k Kind, at int64) *Label {
	s.labelled++
	l := &Label{Kind: k.String(), Class: k.Info().Class, ID: "l" + strconv.FormatUint(s.labelled, 10), kind: k, number: s.labelled, from: at, to: at, ready: at}
	s.open[l.number] = l
	return l
}

// covers notes an event of the label.
func (l *Label) covers(e sent) {
	l.to, l.ready = max(l.to, e.at), max(l.ready, e.arrival)
	if len(l.EventIDs) < maxLabelled {
		l.EventIDs = append(l.EventIDs, e.String())
	}
}

// until extends the label to a time, without an event.
func (l *Label) until(at int64) { l.to, l.ready = max(l.to, at), max(l.ready, at) }

// close ends a label: it is handed out once its events are delivered.
func (s *Shop) close(l *Label) {
	if l == nil {
		return
	}
	l.Complete = true
	delete(s.open, l.number)
	heap.Push(&s.closed, l)
}

func (l *Label) stamp() *Label {
	l.From, l.To = time.UnixMicro(l.from).UTC(), time.UnixMicro(l.to).UTC()
	return l
}

// AppendJSON appends the label as a line.
func (l *Label) AppendJSON(dst []byte) []byte {
	b, err := json.Marshal(l)
	if err != nil {
		panic("BUG: cannot write a label: " + err.Error())
	}
	return append(append(dst, b...), '\n')
}

// labelHeap is a heap by readiness, then number.
type labelHeap []*Label

func (h labelHeap) Len() int { return len(h) }
func (h labelHeap) Less(i, j int) bool {
	return h[i].ready < h[j].ready || h[i].ready == h[j].ready && h[i].number < h[j].number
}
func (h labelHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *labelHeap) Push(x any)   { *h = append(*h, x.(*Label)) }
func (h *labelHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
