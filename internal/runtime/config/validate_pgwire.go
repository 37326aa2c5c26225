package config

import (
	"fmt"
	"net"
	"path"
	"strings"
)

// pgwire checks the listener, and who may ask what.
func (v *validator) pgwire(c *Config) {
	p := &c.PGWire
	if (p.CertFile == "") != (p.KeyFile == "") {
		v.fail("pgwire.cert_file", "and pgwire.key_file belong together; set both, or none")
	}
	v.sqlRoles(c.OLAP.SQL.Roles)
	v.sqlUsers(c)
	if p.Listen == "" || isLoopback(p.Listen) {
		return
	}
	if len(c.OLAP.SQL.Users) == 0 {
		v.fail("pgwire.listen", "is %q, which other machines reach; declare olap.sql.users with passwords, or listen on 127.0.0.1", p.Listen)
	}
	for i, u := range c.OLAP.SQL.Users {
		if u.Password.Reveal() == "" {
			v.fail(fmt.Sprintf("olap.sql.users[%d].password_hash", i), "is empty, and pgwire.listen is %q, which other machines reach; give user %q a password ('millrace sql password')", p.Listen, u.Name)
		}
	}
}

func (v *validator) sqlRoles(roles []SQLRole) {
	seen := make(map[string]bool)
	for i, r := range roles {
		at := fmt.Sprintf("olap.sql.roles[%d]", i)
		if seen[r.Name] {
			v.fail(at+".name", "is %q, which another role is called already", r.Name)
		}
		seen[r.Name] = true
		for j, pattern := range r.Tables {
			if _, err := path.Match(pattern, "x"); err != nil {
				v.fail(fmt.Sprintf("%s.tables[%d]", at, j), "is %q, which is no pattern: %v", pattern, err)
			}
		}
		for j, hidden := range r.Hidden {
			if table, column, ok := strings.Cut(hidden, "."); !ok || table == "" || column == "" {
				v.fail(fmt.Sprintf("%s.hidden_columns[%d]", at, j), "is %q; write it as TABLE.COLUMN", hidden)
			}
		}
	}
}

func (v *validator) sqlUsers(c *Config) {
	roles := make(map[string]bool)
	for _, r := range c.OLAP.SQL.Roles {
		roles[r.Name] = true
	}
	seen := make(map[string]bool)
	for i, u := range c.OLAP.SQL.Users {
		at := fmt.Sprintf("olap.sql.users[%d]", i)
		if seen[u.Name] {
			v.fail(at+".name", "is %q, which another user is called already", u.Name)
		}
		seen[u.Name] = true
		if u.Role != "" && !roles[u.Role] {
			v.fail(at+".role", "is %q, which is none of olap.sql.roles", u.Role)
		}
	}
	if r := c.OLAP.SQL.AnonymousRole; r != "" && !roles[r] {
		v.fail("olap.sql.anonymous_role", "is %q, which is none of olap.sql.roles", r)
	}
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
