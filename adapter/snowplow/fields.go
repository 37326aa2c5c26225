package snowplow

import (
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// fields are what the tracker protocol says of an event. All are text, where the
// payload is JSON still escaped.
type fields struct {
	e, eid, dtm, ttm, tv, aid, p           jsontext.Value
	uid, duid, sid, nuid, tnuid, ua        jsontext.Value
	url, page, refr                        jsontext.Value
	co, cx, uePr, uePx                     jsontext.Value
	seCa, seAc, seLa, sePr, seVa           jsontext.Value
	trID, trAf, trTt, trTx, trSh, trCu     jsontext.Value
	trCi, trSt, trCo                       jsontext.Value
	tiID, tiSk, tiNm, tiCa, tiPr, tiQu     jsontext.Value
	tiCu, ppMix, ppMax, ppMiy, ppMay, lang jsontext.Value

	schema, data jsontext.Value // of a self-describing object
}

// at returns the field of a name, or nil.
func (f *fields) at(name string) *jsontext.Value {
	switch name {
	case "e":
		return &f.e
	case "eid":
		return &f.eid
	case "dtm":
		return &f.dtm
	case "ttm":
		return &f.ttm
	case "tv":
		return &f.tv
	case "aid":
		return &f.aid
	case "p":
		return &f.p
	case "uid":
		return &f.uid
	case "duid":
		return &f.duid
	case "sid":
		return &f.sid
	case "nuid":
		return &f.nuid
	case "tnuid":
		return &f.tnuid
	case "ua":
		return &f.ua
	case "lang":
		return &f.lang
	case "url":
		return &f.url
	case "page":
		return &f.page
	case "refr":
		return &f.refr
	case "co":
		return &f.co
	case "cx":
		return &f.cx
	case "ue_pr":
		return &f.uePr
	case "ue_px":
		return &f.uePx
	case "schema":
		return &f.schema
	case "data":
		return &f.data
	}
	return f.ofKind(name)
}

// ofKind returns a field that one kind of event has.
func (f *fields) ofKind(name string) *jsontext.Value {
	switch name {
	case "se_ca":
		return &f.seCa
	case "se_ac":
		return &f.seAc
	case "se_la":
		return &f.seLa
	case "se_pr":
		return &f.sePr
	case "se_va":
		return &f.seVa
	case "tr_id":
		return &f.trID
	case "tr_af":
		return &f.trAf
	case "tr_tt":
		return &f.trTt
	case "tr_tx":
		return &f.trTx
	case "tr_sh":
		return &f.trSh
	case "tr_cu":
		return &f.trCu
	case "tr_ci":
		return &f.trCi
	case "tr_st":
		return &f.trSt
	case "tr_co":
		return &f.trCo
	case "ti_id":
		return &f.tiID
	case "ti_sk":
		return &f.tiSk
	case "ti_nm", "ti_na":
		return &f.tiNm
	case "ti_ca":
		return &f.tiCa
	case "ti_pr":
		return &f.tiPr
	case "ti_qu":
		return &f.tiQu
	case "ti_cu":
		return &f.tiCu
	case "pp_mix":
		return &f.ppMix
	case "pp_max":
		return &f.ppMax
	case "pp_miy":
		return &f.ppMiy
	case "pp_may":
		return &f.ppMay
	}
	return nil
}

// volatile reports whether delivery changes a field.
func volatile(name string) bool { return name == "stm" }

// faults says why a payload cannot be read: as JSON, or as a query.
type faults struct {
	syntax *jsontext.SyntaxError
	query  bool
}

const notUTF8 = "not a query: a part is not UTF-8"

// isQuery reports whether a payload is a query, and not JSON.
func isQuery(payload string) bool {
	payload = strings.TrimLeft(payload, " \t\r\n")
	return payload == "" || payload[0] != '{'
}

// scan reads the payload into d.f and, for an event that is decoded, its digest.
func (d *Decoder) scan(r *adapter.Record) faults {
	d.f = fields{}
	d.digest.Reset()
	payload := jsontext.View(r.Payload)
	if isQuery(payload) {
		return faults{query: !d.scanQuery(payload)}
	}
	c := &d.in.Cursor
	c.Reset(payload)
	for c.Object(); c.More(); {
		key := d.in.Unquote(c.Key())
		from := c.Offset()
		v := c.Value()
		if f := d.f.at(key); f != nil {
			*f = v
		}
		if d.report && !volatile(key) && c.Err() == nil {
			d.digest.Add(key, c.From(from))
		}
	}
	if err := c.End(); err != nil {
		d.f = fields{}
		return faults{syntax: err}
	}
	return faults{}
}

// scanQuery reads the parts of a query. Of a repeated one the last counts. It is
// false if one is not UTF-8.
func (d *Decoder) scanQuery(query string) bool {
	if !utf8.ValidString(query) {
		return false
	}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, raw, _ := strings.Cut(pair, "=")
		value, ok := d.unescape(raw)
		if !ok {
			d.f = fields{}
			return false
		}
		if f := d.f.at(key); f != nil {
			*f = jsontext.Value{Kind: jsontext.String, Raw: value}
		}
		if d.report && !volatile(key) {
			d.digest.Add(key, value)
		}
	}
	return true
}

// unescape returns the text that a part of a query stands for. A percent sign
// that is no escape stands for itself. It is false if the text is not UTF-8.
func (d *Decoder) unescape(raw string) (string, bool) {
	if !strings.ContainsAny(raw, "%+") {
		return raw, true
	}
	b := d.in.Memory.Buffer(len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '+' {
			c = ' '
		}
		if c == '%' && i+2 < len(raw) {
			high, low := unhex(raw[i+1]), unhex(raw[i+2])
			if high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		b = append(b, c)
	}
	text := d.in.Memory.Keep(b)
	return text, utf8.ValidString(text)
}

// unhex returns the value of a hexadecimal digit, above 15 for anything else.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// appendQueryKey appends what identifies a query without eid: all its parts but
// those that delivery changes.
func appendQueryKey(dst []byte, query string) []byte {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if key, _, _ := strings.Cut(pair, "="); !volatile(key) {
			dst = append(append(dst, pair...), '&')
		}
	}
	return dst
}
