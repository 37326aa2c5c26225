package csv

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// guesses are names that columns of a field often have, in lower case and
// without what is no letter or digit.
var guesses = []struct {
	field string
	names []string
}{
	{"order_id", []string{"orderid", "orderno", "ordernumber", "order", "invoiceno", "invoiceid", "invoice", "bestellnummer", "bestellung", "auftrag", "auftragsnummer"}},
	{"customer_id", []string{"customerid", "customerno", "customer", "userid", "user", "buyer", "buyerid", "kundennummer", "kunde", "kundenid"}},
	{"anonymous_id", []string{"anonymousid", "visitorid", "visitor", "cookieid"}},
	{"session_id", []string{"sessionid", "session"}},
	{"type", []string{"eventtype", "eventname", "event"}},
	{"channel", []string{"channel", "kanal"}},
	{"country", []string{"country", "countrycode", "land"}},
	{"currency", []string{"currency", "currencycode", "waehrung", "währung"}},
	{"event_time", []string{"eventtime", "timestamp", "datetime", "time", "createdat", "created", "orderdate", "invoicedate", "date", "datum", "bestelldatum"}},
	{"item.product_id", []string{"productid", "sku", "stockcode", "articleid", "article", "articleno", "artikelnummer", "artikel", "ean", "gtin", "itemid", "product"}},
	{"item.name", []string{"productname", "itemname", "title", "description", "name", "bezeichnung", "beschreibung"}},
	{"item.category", []string{"category", "kategorie", "productcategory"}},
	{"item.quantity", []string{"quantity", "qty", "pieces", "menge", "anzahl", "stueck", "stück"}},
	{"item.price", []string{"unitprice", "price", "preis", "einzelpreis", "stueckpreis"}},
	{"amount", []string{"total", "totalprice", "amount", "sum", "betrag", "gesamt", "summe", "revenue"}},
}

// layouts are the times that are recognised.
var layouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02",
	"02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006",
	"02/01/2006 15:04:05", "02/01/2006 15:04", "02/01/2006", "01/02/2006 15:04:05", "01/02/2006 15:04", "01/02/2006",
}

// timeFormats returns the formats that all values have.
func timeFormats(values []string) []string {
	var found []string
	fits := func(name string, ok func(string) bool) {
		if len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !ok(v) }) {
			found = append(found, name)
		}
	}
	parses := func(layout string) func(string) bool {
		return func(v string) bool {
			_, err := time.Parse(layout, v)
			return err == nil && len(v) == len(layout)
		}
	}
	fits("rfc3339", func(v string) bool {
		_, err := time.Parse(time.RFC3339Nano, v)
		return err == nil
	})
	for _, l := range layouts {
		fits(l, parses(l))
	}
	return found
}

// columns finds what the columns hold, and proposes where it goes.
func (s *Sniffed) columns(rows [][]string) {
	_, width := regularity(rows)
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprintf("column_%d", i+1)
	}
	if s.Header {
		names = make([]string, len(rows[0]))
		for i, name := range rows[0] {
			names[i] = strings.TrimSpace(name)
		}
		rows = rows[1:]
	}
	irregular := 0
	values := make([][]string, len(names))
	for _, r := range rows {
		if len(r) != len(names) {
			irregular++
			continue
		}
		for i, v := range r {
			if v = strings.TrimSpace(v); v != "" {
				values[i] = append(values[i], v)
			}
		}
	}
	s.Rows = len(rows) - irregular
	if irregular > 0 {
		s.note("%d of %d rows have another number of fields", irregular, len(rows))
	}
	s.numbers(values)
	taken := map[string]bool{}
	for i, name := range names {
		s.Columns = append(s.Columns, s.column(name, values[i], taken))
	}
	s.ambiguous()
}

// numbers finds the decimal separator: that of most numbers that have one.
func (s *Sniffed) numbers(values [][]string) {
	points, commas, grouped := 0, 0, 0
	for _, column := range values {
		for _, v := range column {
			switch {
			case pointForm.MatchString(v):
				points++
				grouped += min(1, strings.Count(v, ","))
			case commaForm.MatchString(v):
				commas++
				grouped += min(1, strings.Count(v, "."))
			}
		}
	}
	s.Decimal = '.'
	if commas > points {
		s.Decimal = ','
		s.note("numbers have a decimal comma")
	}
	if points > 0 && commas > 0 {
		s.note("%d numbers have a decimal point and %d a comma", points, commas)
	}
	if grouped > 0 {
		s.Thousands = map[byte]byte{'.': ',', ',': '.'}[s.Decimal]
	}
}

func (s *Sniffed) column(name string, values []string, taken map[string]bool) SniffedColumn {
	c := SniffedColumn{Name: name, Empty: s.Rows - len(values)}
	if len(values) > 0 {
		c.Example = values[0]
	}
	seen := s.typeOf(values, &c)
	c.Field = guess(name)
	f, _ := parseField(c.Field)
	if c.Field == "" || taken[c.Field] || !slices.Contains(f.types(), seen) && !f.isText() {
		c.Field, f = propertyPrefix+snake(name), fieldProperty
		for n := 2; taken[c.Field]; n++ {
			c.Field = fmt.Sprintf("%s%s_%d", propertyPrefix, snake(name), n)
		}
	}
	taken[c.Field] = true
	if f == fieldProperty && seen != typeString {
		c.Type = typeNames[seen]
	}
	if f.isText() && f != fieldProperty && seen == typeMoney && allEnd(values, ".0") {
		c.Suffix = ".0"
	}
	if f != fieldTime && c.Type != typeNames[typeTimestamp] {
		c.Formats = nil
	}
	return c
}

// typeOf is the narrowest type that all values have.
func (s *Sniffed) typeOf(values []string, c *SniffedColumn) valueType {
	if len(values) == 0 {
		return typeString
	}
	decimal := pointForm
	if s.Decimal == ',' {
		decimal = commaForm
	}
	integers, decimals := 0, 0
	for _, v := range values {
		digits := strings.TrimLeft(v, "+-")
		switch {
		case integerForm.MatchString(v) && len(digits) <= 18 && (len(digits) == 1 || digits[0] != '0'):
			integers++
		case decimal.MatchString(v) && len(digits) <= 18 && places(digits, s.Decimal) <= 6:
			decimals++
		}
	}
	switch {
	case integers == len(values):
		return typeInteger
	case integers+decimals == len(values):
		return typeMoney
	}
	if c.Formats = timeFormats(values); len(c.Formats) > 0 {
		return typeTimestamp
	}
	return typeString
}

func places(v string, separator byte) int { return len(v) - 1 - strings.LastIndexByte(v, separator) }

func allEnd(values []string, suffix string) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !strings.HasSuffix(v, suffix) })
}

// guess returns the field that a column of a name usually is.
func guess(name string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	for i := range guesses {
		if slices.Contains(guesses[i].names, plain) {
			return guesses[i].field
		}
	}
	return ""
}

// snake writes a name as properties are called.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	if out := strings.TrimRight(b.String(), "_"); out != "" {
		return out
	}
	return "column"
}

// ambiguous notes times whose day may be the month.
func (s *Sniffed) ambiguous() {
	for _, c := range s.Columns {
		if len(c.Formats) > 1 {
			s.note("column %s may be %s; check which", oneLine(c.Name), strings.Join(c.Formats, " or "))
		}
	}
}
