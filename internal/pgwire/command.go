package pgwire

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// commandName is what a statement does that is about the session, not the data.
type commandName uint8

const (
	cmdEmpty commandName = iota
	cmdSet
	cmdReset
	cmdShow
	cmdBegin
	cmdCommit
	cmdRollback
	cmdDiscard
	cmdDeallocate
	cmdIgnored // SAVEPOINT, LISTEN …: taken, without effect
)

// command is such a statement.
type command struct {
	name    commandName
	tag     string
	setting string // in lower case; "" or "all" is all of them
	value   string
}

// shows reports whether it returns a row.
func (c *command) shows() bool { return c.name == cmdShow && c.setting != "all" }

// column is the name of that row's column.
func (c *command) column() string {
	if proper, ok := properNames[c.setting]; ok {
		return proper
	}
	return c.setting
}

// parseCommand returns the command that a statement is, or nil when it is for the store.
func parseCommand(sql string) *command {
	tokens := lex(sql)
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.in(sql)
		if t.kind == word {
			words[i] = strings.ToLower(words[i])
		}
	}
	for len(words) > 0 && words[len(words)-1] == ";" {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return nil
	}
	rest := words[1:]
	switch words[0] {
	case "set":
		return parseSet(rest)
	case "reset":
		return &command{name: cmdReset, tag: "RESET", setting: settingName(rest)}
	case "show":
		return parseShow(rest)
	case "begin", "start":
		if words[0] == "start" && (len(rest) == 0 || rest[0] != "transaction") {
			return nil
		}
		return &command{name: cmdBegin, tag: map[string]string{"begin": "BEGIN", "start": "START TRANSACTION"}[words[0]]}
	case "commit", "end":
		return &command{name: cmdCommit, tag: "COMMIT"}
	case "rollback", "abort":
		if len(rest) > 0 && rest[0] == "to" {
			return &command{name: cmdRollback, tag: "ROLLBACK", setting: "savepoint"}
		}
		return &command{name: cmdRollback, tag: "ROLLBACK"}
	case "discard":
		return &command{name: cmdDiscard, tag: "DISCARD ALL"}
	case "deallocate":
		return parseDeallocate(rest)
	case "savepoint", "release", "listen", "unlisten", "close", "checkpoint", "notify":
		if words[0] == "checkpoint" || words[0] == "notify" {
			return nil
		}
		return &command{name: cmdIgnored, tag: strings.ToUpper(words[0])}
	}
	return nil
}

// parseSet reads what follows SET.
func parseSet(words []string) *command {
	if len(words) > 0 && (words[0] == "session" || words[0] == "local") {
		words = words[1:]
	}
	c := &command{name: cmdSet, tag: "SET"}
	switch {
	case len(words) == 0:
		return nil
	case words[0] == "transaction" || words[0] == "characteristics" || words[0] == "constraints":
		c.name = cmdIgnored
		return c
	case words[0] == "time" && len(words) > 2 && words[1] == "zone":
		c.setting, c.value = "timezone", unquote(strings.Join(words[2:], " "))
		return c
	case words[0] == "names" && len(words) > 1:
		c.setting, c.value = "client_encoding", unquote(words[1])
		return c
	}
	for i, w := range words {
		if w == "=" || w == "to" {
			c.setting = strings.Join(words[:i], "")
			var values []string
			for _, v := range words[i+1:] {
				if v != "," {
					values = append(values, unquote(v))
				}
			}
			c.value = strings.Join(values, ", ")
			return c
		}
	}
	return nil
}

// parseShow leaves SHOW TABLES and its kin to the store.
func parseShow(words []string) *command {
	c := &command{name: cmdShow, tag: "SHOW", setting: settingName(words)}
	if c.setting == "tables" || strings.HasPrefix(c.setting, "tables ") || c.setting == "all tables" || c.setting == "databases" || c.setting == "schemas" {
		return nil
	}
	return c
}

func parseDeallocate(words []string) *command {
	if len(words) > 0 && words[0] == "prepare" {
		words = words[1:]
	}
	c := &command{name: cmdDeallocate, tag: "DEALLOCATE"}
	if len(words) > 0 {
		c.setting = words[0]
	}
	if c.setting == "all" {
		c.tag = "DEALLOCATE ALL"
	}
	return c
}

func settingName(words []string) string {
	name := strings.Join(words, " ")
	switch name {
	case "time zone":
		return "timezone"
	case "transaction isolation level":
		return "transaction_isolation"
	case "session authorization":
		return "session_authorization"
	}
	return strings.ReplaceAll(name, " . ", ".")
}

// unquote returns what a string or a quoted name says.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return strings.ReplaceAll(s[1:len(s)-1], s[:1]+s[:1], s[:1])
	}
	return s
}

// command does what a statement about the session says.
func (c *session) command(cmd *command) error {
	tag := cmd.tag
	if c.status == 'E' && cmd.name != cmdCommit && cmd.name != cmdRollback {
		return c.usable()
	}
	switch cmd.name {
	case cmdEmpty:
		c.backend.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	case cmdSet, cmdReset:
		if err := c.set(cmd); err != nil {
			return err
		}
	case cmdShow:
		return c.show(cmd)
	case cmdBegin:
		c.status = 'T'
	case cmdCommit, cmdRollback:
		tag = c.endTransaction(cmd)
	case cmdDiscard:
		c.settings.reset()
		c.statements = make(map[string]*statement)
		c.closePortals()
	case cmdDeallocate:
		if err := c.deallocate(cmd.setting); err != nil {
			return err
		}
	}
	c.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	return nil
}

func (c *session) endTransaction(cmd *command) (tag string) {
	tag = cmd.tag
	if cmd.setting == "savepoint" {
		if c.status == 'E' {
			c.status = 'T'
		}
		return tag
	}
	if c.status == 'E' {
		tag = "ROLLBACK"
	}
	c.status = 'I'
	c.closePortals()
	return tag
}

func (c *session) deallocate(name string) error {
	if name == "all" || name == "" {
		c.statements = make(map[string]*statement)
		return nil
	}
	name = unquote(name)
	if c.statements[name] == nil {
		return fail(codeNoStatement, "prepared statement %q does not exist", name)
	}
	delete(c.statements, name)
	return nil
}

// set changes a setting, and tells the client where that is expected.
func (c *session) set(cmd *command) error {
	if cmd.name == cmdReset {
		if cmd.setting == "all" {
			c.settings.reset()
			return nil
		}
		cmd = &command{setting: cmd.setting, value: c.settings.defaults[cmd.setting]}
	}
	value := cmd.value
	if strings.EqualFold(value, "default") {
		value = c.settings.defaults[cmd.setting]
	}
	if err := c.settings.set(cmd.setting, value); err != nil {
		return err
	}
	for _, name := range reported {
		if strings.EqualFold(name, cmd.setting) {
			c.backend.Send(&pgproto3.ParameterStatus{Name: name, Value: c.settings.get(name)})
		}
	}
	return nil
}

func (c *session) show(cmd *command) error {
	text := columnOf("VARCHAR")
	if !cmd.shows() {
		all := c.settings.sorted()
		c.backend.Send(rowDescription([]string{"name", "setting", "description"}, []column{text, text, text}, nil))
		for _, name := range all {
			c.backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(name), []byte(c.settings.get(name)), nil}})
		}
		c.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(cmd.tag)})
		return nil
	}
	value, known := c.settings.lookup(cmd.setting)
	if !known {
		return fail(codeNoSetting, "unrecognized configuration parameter %q", cmd.setting)
	}
	c.backend.Send(rowDescription([]string{cmd.column()}, []column{text}, nil))
	c.backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(value)}})
	c.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(cmd.tag)})
	return nil
}

// milliseconds reads a length of time as PostgreSQL's settings have it.
func milliseconds(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	units := []struct {
		suffix string
		unit   time.Duration
	}{{"ms", time.Millisecond}, {"min", time.Minute}, {"s", time.Second}, {"h", time.Hour}, {"", time.Millisecond}}
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		var n int64
		if _, err := fmt.Sscanf(strings.TrimSpace(number), "%d", &n); err != nil || n < 0 {
			break
		}
		return min(time.Duration(n), 365*24*time.Hour/u.unit) * u.unit, nil
	}
	return 0, fail(codeBadValue, "invalid value for parameter \"statement_timeout\": %q", s)
}
