package explain

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
)

// page is where the next rows of an answer begin, and as of when the whole answer is:
// rows that come meanwhile do not shift its pages.
type page struct {
	Of      uint64          `json:"of"` // digest of the question
	At      map[int32]int64 `json:"at"`
	Results uint64          `json:"results"`
	Skip    int             `json:"skip"`
}

func (p page) String() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("BUG: a cursor that is no JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parsePage reads a cursor of the same question.
func parsePage(cursor string, of uint64) (p page, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Of != of || p.Skip < 0 || len(p.At) > maxPartitions {
		return page{}, refuse("begin without a cursor", "the cursor is not one of this question")
	}
	return p, nil
}

const maxPartitions = 4096

// digest tells questions apart.
func digest(parts ...any) uint64 {
	h := fnv.New64a()
	text, err := json.Marshal(parts)
	if err != nil {
		panic("BUG: a question that is no JSON: " + err.Error())
	}
	_, _ = h.Write(text)
	return h.Sum64()
}
