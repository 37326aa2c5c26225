//go:build sources

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/client"

	"github.com/millrace/millrace/internal/servicetest"
)

type mysqlConn struct{ *client.Conn }

func (c mysqlConn) run(sql string) (cell string, err error) {
	for statement := range strings.SplitSeq(sql, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		result, err := c.Execute(statement)
		if err != nil {
			return "", err
		}
		cell = ""
		if result.Resultset != nil && result.RowNumber() > 0 {
			if cell, err = result.GetString(0, 0); err != nil {
				return "", err
			}
		}
	}
	return cell, nil
}

func (c mysqlConn) close() { _ = c.Close() }

const mysqlConfig = `
sources:
  - name: shop
    adapter: debezium
    mysql: {address: %q, user: %s, password: %[2]s, tables: [shop.orders]}
`

func TestMariaDBChangesCountOnceThroughKillsOfBothSides(t *testing.T) {
	t.Parallel()
	server := servicetest.MariaDB(t)
	shop := &shopDatabase{t: t, open: func() (statements, error) {
		c, err := client.Connect(server.Address, servicetest.MariaDBUser, servicetest.MariaDBUser, "shop")
		return mysqlConn{c}, err
	}}
	shop.must(`CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, v int, note text); CREATE TABLE IF NOT EXISTS steps (n int PRIMARY KEY);
		DROP TABLE IF EXISTS numbers; CREATE TABLE numbers AS SELECT seq - 1 AS n FROM seq_1_to_10000;
		INSERT INTO orders SELECT n + 1000000, 7, 'old' FROM numbers`)
	args := configured(t, fmt.Sprintf(mysqlConfig, server.Address, servicetest.MariaDBUser))
	changesCountOnce(t, args, shop, server)
}
