package corrupt

import (
	"fmt"
	"strings"
)

// way is one of the ways in which senders break lines.
type way struct {
	name                  string
	says                  string // for people
	category, rule, field string // what the line is quarantined with
	suits                 func(b *breaker, c []string) bool
	apply                 func(c []string, random uint64) string
}

const wayCount = 12

var ways = [wayCount]way{
	{
		name: "order_missing", says: "the invoice number is empty; who repairs the line must look it up elsewhere",
		category: "missing", rule: "csv.required", field: "order_id",
		apply: func(c []string, _ uint64) string { return with(c, invoice, "") },
	},
	{
		name: "product_missing", says: "the stock code is empty; the description has only one in the file",
		category: "missing", rule: "csv.required", field: "item.product_id",
		suits: func(b *breaker, c []string) bool { return b.products[c[description]] != "" },
		apply: func(c []string, _ uint64) string { return with(c, product, "") },
	},
	{
		name: "quantity_letters", says: "letters that look like digits (1O, l2), or a unit (6 pcs)",
		category: "format", rule: "csv.integer", field: "item.quantity",
		apply: func(c []string, _ uint64) string {
			q := strings.NewReplacer("0", "O", "1", "l").Replace(c[quantity])
			if q == c[quantity] {
				q += " pcs"
			}
			return with(c, quantity, q)
		},
	},
	{
		name: "price_comma", says: `a decimal comma, in quotes: "2,55"`,
		category: "format", rule: "csv.money", field: "item.price",
		apply: func(c []string, _ uint64) string { return with(c, price, `"`+german(c[price])+`"`) },
	},
	{
		name: "price_negative", says: "the price has a minus",
		category: "out_of_range", rule: "price_not_positive", field: "item.price",
		apply: func(c []string, _ uint64) string { return with(c, price, "-"+c[price]) },
	},
	{
		name: "time_format", says: "day, month and year with slashes, without seconds: 31/12/2010 08:26",
		category: "format", rule: "csv.timestamp", field: "event_time",
		suits: func(_ *breaker, c []string) bool { return strings.HasSuffix(c[date], ":00") },
		apply: func(c []string, _ uint64) string {
			d := c[date]
			return with(c, date, d[8:10]+"/"+d[5:7]+"/"+d[:4]+d[10:16])
		},
	},
	{
		name: "date_impossible", says: "day and month changed places, and there are not so many months: 2010-31-12",
		category: "format", rule: "csv.timestamp", field: "event_time",
		suits: func(_ *breaker, c []string) bool { return c[date][8:10] > "12" },
		apply: func(c []string, _ uint64) string {
			d := c[date]
			return with(c, date, d[:5]+d[8:10]+"-"+d[5:7]+d[10:])
		},
	},
	{
		name: "column_extra", says: "a decimal comma without quotes: the line has a column too many",
		category: "schema", rule: "csv.columns", field: "row",
		apply: func(c []string, _ uint64) string { return with(c, price, strings.Replace(c[price], ".", ",", 1)) },
	},
	{
		name: "column_missing", says: "the empty customer is left out with its comma",
		category: "schema", rule: "csv.columns", field: "row",
		suits: func(_ *breaker, c []string) bool { return c[customer] == "" },
		apply: func(c []string, _ uint64) string {
			return strings.Join(append(append([]string{}, c[:customer]...), c[country:]...), ",")
		},
	},
	{
		name: "encoding_mixed", says: "a pound sign before the price, as one byte of Windows-1252",
		category: "decode", rule: "csv.encoding", field: "item.price",
		apply: func(c []string, _ uint64) string { return with(c, price, "\xa3"+c[price]) },
	},
	{
		name: "sign_flipped", says: "the pieces of a sale are negative",
		category: "business", rule: "sign_wrong", field: "item.quantity",
		apply: func(c []string, _ uint64) string { return with(c, quantity, "-"+c[quantity]) },
	},
	{
		name: "description_too_large", says: "a page of markup behind the description",
		category: "too_large", rule: "description_too_long", field: "item.name",
		apply: func(c []string, random uint64) string {
			text, end := c[description], ""
			if strings.HasSuffix(text, `"`) {
				text, end = text[:len(text)-1], `"`
			}
			markup := strings.Repeat("<p>Keep out of reach of small children.</p>", 20+int(random%40))
			return with(c, description, fmt.Sprintf("%s <!-- %016x %s -->%s", text, random, markup, end))
		},
	},
}

// Ways lists the ways, and what each is.
func Ways() (names, says []string) {
	for i := range ways {
		names = append(names, ways[i].name)
		says = append(says, ways[i].says)
	}
	return names, says
}

// with is the line with another cell.
func with(c []string, column int, cell string) string {
	c = append([]string{}, c...)
	c[column] = cell
	return strings.Join(c, ",")
}

// german writes a number with a comma, and points between its thousands.
func german(number string) string {
	whole, fraction, _ := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	return whole + "," + fraction
}
