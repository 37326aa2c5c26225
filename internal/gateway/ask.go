package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// Queries asks the store on behalf of users.
type Queries interface {
	// Authenticate returns who a name and a password are; Anonymous who gives none.
	Authenticate(name, password string) (*query.User, error)
	Anonymous(from string) (*query.User, error)
	Ask(ctx context.Context, u *query.User, q olap.Query) (*olap.Result, error)
	// Slow returns the newest slow queries, newest first.
	Slow() []query.Slow
}

// ask runs a user's statement.
func (g *Gateway) ask(ctx context.Context, authorization string, q olap.Query) (*olap.Result, error) {
	if g.cfg.Queries == nil {
		q.Untrusted = true
		return g.cfg.Store.Query(ctx, q)
	}
	user, err := g.caller(authorization)
	if err != nil {
		return nil, err
	}
	return g.cfg.Queries.Ask(ctx, user, q)
}

// caller finds who calls. Where nobody has a name, everybody may read everything.
func (g *Gateway) caller(authorization string) (*query.User, error) {
	if g.cfg.Queries == nil {
		return &query.User{Role: &query.Role{}}, nil
	}
	scheme, value, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") { // none, or the write key that a sender puts on all its requests
		user, err := g.cfg.Queries.Anonymous("api")
		if errors.Is(err, query.ErrNoAnonymous) {
			return nil, unauthorized("A user's name and password are needed: send Basic authorization of one of olap.sql.users.")
		}
		return user, err
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	name, password, ok := strings.Cut(string(plain), ":")
	if err != nil || !ok {
		return nil, unauthorized("The header Authorization is not understood; send Basic with the name and the password of one of olap.sql.users.")
	}
	user, err := g.cfg.Queries.Authenticate(name, password)
	if errors.Is(err, query.ErrUnauthenticated) {
		return nil, unauthorized("The name or the password is wrong; the users are those of olap.sql.users.")
	}
	return user, err
}

func unauthorized(detail string) error {
	return huma.ErrorWithHeaders(huma.NewError(http.StatusUnauthorized, detail), http.Header{"WWW-Authenticate": {`Basic realm="millrace", charset="UTF-8"`}})
}
