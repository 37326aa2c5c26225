package config

import (
	"strings"
	"testing"
)

func TestSettingsOfDatabaseSources(t *testing.T) {
	const url = `url: "postgres://u:secret@db/shop"`
	for _, c := range []struct{ source, want string }{
		{`postgres: {` + url + `, tables: [orders], slot: shop_1}`, ""},
		{`postgres: {` + url + `, outbox: {table: outbox}}`, ""},
		{`postgres: {` + url + `}`, "sources[0].postgres has neither tables nor outbox.table; name what to take"},
		{`postgres: {` + url + `, tables: [a], outbox: {table: b}}`, "sources[0].postgres has tables and outbox; an outbox is a source of its own"},
		{`postgres: {tables: [a]}`, "sources[0].postgres.url is empty, but other settings are there; say where the database is"},
		{`postgres: {url: "mysql://u:secret@db/shop", tables: [a]}`, "sources[0].postgres.url must be a URL such as postgres://user:password@host:5432/shop"},
		{`postgres: {` + url + `, tables: [a], slot: My-Slot}`, `sources[0].postgres.slot is "My-Slot"; it must be 1 to 63 lower-case letters, digits or _`},
		{`mysql: {address: "db:3306", tables: [shop.orders]}`, ""},
		{`mysql: {address: "db:3306"}`, "sources[0].mysql.tables is empty; name what to take"},
		{`mysql: {address: "db:3306", tables: [orders]}`, `sources[0].mysql.tables[0] is "orders"; it must be a database and a table, such as shop.orders`},
		{`mysql: {user: shop}`, "sources[0].mysql.address is empty, but other settings are there; say where the server is"},
	} {
		_, err := load("sources:\n  - name: shop\n    adapter: debezium\n    " + c.source + "\n")
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.source, err)
		case c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)):
			t.Errorf("%s: the error is %v, want %s", c.source, err, c.want)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the error shows the password: %v", c.source, err)
		}
	}
}
