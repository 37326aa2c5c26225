package generate

import (
	"strconv"
	"time"
)

// writer writes the JSON of one event. It knows no escapes: every text of the
// shop does without.
type writer struct {
	buf    []byte
	key    [2]int32 // where the actor stands
	second int64    // whose text clock holds
	clock  []byte   // 2006-01-02T15:04:05
}

func (w *writer) reset() { w.buf, w.key = w.buf[:0], [2]int32{} }

// name starts a member.
func (w *writer) name(key string) {
	if last := w.buf[len(w.buf)-1]; last != '{' && last != '[' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, key...)
	w.buf = append(w.buf, '"', ':')
}

func (w *writer) text(key, value string) {
	w.name(key)
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, value...)
	w.buf = append(w.buf, '"')
}

func (w *writer) integer(key string, n int64) {
	w.name(key)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

// number writes a text made of a prefix and a number.
func (w *writer) number(key, prefix string, n uint64) {
	w.name(key)
	w.buf = append(append(w.buf, '"'), prefix...)
	w.buf = append(strconv.AppendUint(w.buf, n, 10), '"')
}

// hash writes a text of a kind by its hash.
func (w *writer) hash(key string, appendTo func([]byte, uint64) []byte, h uint64) {
	w.name(key)
	w.buf = append(appendTo(append(w.buf, '"'), h), '"')
}

// actor is hash, and remembers it as the event's key.
func (w *writer) actor(key string, appendTo func([]byte, uint64) []byte, h uint64) {
	w.hash(key, appendTo, h)
	if w.key[1] == 0 {
		// "key":"value"
		end := len(w.buf) - 1
		from := end
		for w.buf[from-1] != '"' {
			from--
		}
		w.key = [2]int32{int32(from), int32(end)}
	}
}

// decimal writes a number of hundredths.
func (w *writer) decimal(key string, hundredths int64) {
	w.name(key)
	w.buf = appendHundredths(w.buf, hundredths)
}

func appendHundredths(dst []byte, n int64) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = strconv.AppendInt(dst, n/100, 10)
	return append(dst, '.', byte('0'+n%100/10), byte('0'+n%10))
}

// rate writes a number of ten-thousandths.
func (w *writer) rate(key string, n int64) {
	w.name(key)
	w.buf = strconv.AppendInt(w.buf, n/10000, 10)
	w.buf = append(w.buf, '.', byte('0'+n%10000/1000), byte('0'+n%1000/100), byte('0'+n%100/10), byte('0'+n%10))
}

func (w *writer) time(key string, micros int64) {
	w.name(key)
	if s := micros / second; s != w.second || w.clock == nil {
		w.second, w.clock = s, time.Unix(s, 0).UTC().AppendFormat(w.clock[:0], "2006-01-02T15:04:05")
	}
	w.buf = append(append(w.buf, '"'), w.clock...)
	w.buf = append(w.buf, '.')
	for div, rest := int64(100_000), micros%second; div > 0; div /= 10 {
		w.buf = append(w.buf, byte('0'+rest/div%10))
	}
	w.buf = append(w.buf, 'Z', '"')
}

func (w *writer) object(key string) {
	w.name(key)
	w.buf = append(w.buf, '{')
}

func (w *writer) array(key string) {
	w.name(key)
	w.buf = append(w.buf, '[')
}

func (w *writer) end(c byte) { w.buf = append(w.buf, c) }

// element starts an object of an array.
func (w *writer) element() {
	if w.buf[len(w.buf)-1] != '[' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '{')
}
