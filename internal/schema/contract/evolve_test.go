package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/contract"
)

// What a change of a contract breaks, and for whom.
func TestCompare(t *testing.T) {
	consumers := []consumer.Consumer{
		{Kind: consumer.Job, Name: "sessions"},
		{Kind: consumer.Application, Name: "pricing", Events: []string{"x"}, Fields: []string{"properties.products[].price"}},
		{Kind: consumer.Application, Name: "mail", Events: []string{"x"}, Fields: []string{"properties.email"}},
		{Kind: consumer.Application, Name: "other", Events: []string{"y"}},
	}
	const products = "products: {type: array, items: {type: object, properties: {price: {type: number, minimum: 0}}}}"
	const email = "email: {type: string, maxLength: 10}"
	of := func(properties, more string) []contract.Published {
		s := load(t, "contracts:\n  - event: x\n    owner: me\n    schema: {properties: {properties: {type: object, properties: {"+properties+"}"+more+"}}}")
		var out []contract.Published
		for _, p := range s.Publish() {
			if p.Event == "x" {
				out = append(out, p)
			}
		}
		return out
	}
	before := of(products+", "+email, "")
	for _, c := range []struct {
		name  string
		after []contract.Published
		want  []string
	}{
		{"nothing", before, nil},
		{"a field more", of(products+", "+email+", n: {type: integer}", ""), []string{"note senders properties.n "}},
		{"a field less", of(email, ""), []string{"breaks consumers properties.products job:sessions application:pricing"}},
		{"a longer text", of(products+", email: {type: string, maxLength: 20}", ""), []string{"breaks consumers properties.email job:sessions application:mail"}},
		{"a shorter text", of(products+", email: {type: string, maxLength: 5}", ""), []string{"breaks senders properties.email "}},
		{"another type", of(strings.Replace(products, "number", "string", 1)+", "+email, ""), []string{
			"breaks consumers properties.products[].price job:sessions application:pricing", "breaks senders properties.products[].price ",
		}},
		{"required", of(products+", "+email, ", required: [email]"), []string{"breaks senders properties "}},
		{"no contract", nil, []string{"breaks consumers  job:sessions application:pricing application:mail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes, err := contract.Compare(before, c.after, consumers)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, change := range changes {
				got = append(got, fmt.Sprintf("%s %s %s %s", change.Severity, change.Side, change.Field, strings.Join(change.Concerns, " ")))
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
