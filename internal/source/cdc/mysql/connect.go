package mysql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
)

const connectTimeout = 10 * time.Second

// connect opens a connection and sets its session up. Its timeout is for all of
// that: a server may accept and then say nothing.
func (s *Source) connect(ctx context.Context) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	stop := func() bool { return true }
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			stop = context.AfterFunc(ctx, func() { _ = raw.Close() }) // nothing else ends a read
		}
		return raw, err
	}
	conn, err := client.ConnectWithDialer(ctx, "", s.cfg.Address, s.cfg.User, s.cfg.Password, "", dial, func(c *client.Conn) error {
		if s.cfg.TLS != nil {
			c.SetTLSConfig(s.cfg.TLS)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to MySQL at %s: %w", s.cfg.Address, errors.Join(ctx.Err(), err))
	}
	// Values have one form, whatever the server's defaults are.
	_, err = conn.Execute(`SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''`)
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("cannot set up a session: %w", err)
	}
	return conn, nil
}

// query returns the rows of a statement as text; NULL is empty.
func (s *session) query(sql string) ([][]string, error) {
	result, err := s.conn.Execute(sql)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	out := make([][]string, result.RowNumber())
	for i := range out {
		for j := range result.ColumnNumber() {
			cell, err := result.GetString(i, j)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], cell)
		}
	}
	return out, nil
}

// row returns the first row of a statement, which must have one.
func (s *session) row(sql string) ([]string, error) {
	rows, err := s.query(sql)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no row", sql)
	}
	return rows[0], nil
}
