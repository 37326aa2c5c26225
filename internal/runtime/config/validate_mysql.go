package config

import (
	"fmt"
	"strings"
)

// mysql checks the settings of a MySQL source against each other.
func (v *validator) mysql(path string, s *MySQLSource) {
	if s.Address == "" {
		if len(s.Tables) > 0 || s.User != "" {
			v.fail(path+".address", "is empty, but other settings are there; say where the server is")
		}
		return
	}
	if len(s.Tables) == 0 {
		v.fail(path+".tables", "is empty; name what to take")
	}
	for i, name := range s.Tables {
		if schema, table, ok := strings.Cut(name, "."); !ok || schema == "" || table == "" {
			v.fail(fmt.Sprintf("%s.tables[%d]", path, i), "is %q; it must be a database and a table, such as shop.orders", name)
		}
	}
}
