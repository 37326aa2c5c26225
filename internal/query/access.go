package query

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/millrace/millrace/internal/store/olap"
)

// Role is what somebody may read, and how much at once.
type Role struct {
	Name   string
	Reader *olap.Reader // nil: all tables
	Limits olap.Limits  // zero fields: those of the platform
}

// Most are the limits of a query of the role, where the platform has limits of its own.
func (r *Role) Most(platform olap.Limits) olap.Limits { return r.Limits.Or(platform) }

// User is somebody who asks.
type User struct {
	Name     string
	Role     *Role
	nameless bool
	password *Password // nil: none is asked for
}

// Credentials are what SCRAM checks a password by. They are false for a user without
// a password.
func (u *User) Credentials() (scram.StoredCredentials, bool) {
	if u.password == nil {
		return scram.StoredCredentials{}, false
	}
	return u.password.credentials, true
}

// Access knows the users.
type Access struct {
	users     map[string]*User
	anonymous *Role
}

// NewAccess returns the users by name. The anonymous role is that of people who do not
// say who they are; nil refuses them.
func NewAccess(users []*User, anonymous *Role) *Access {
	a := &Access{users: make(map[string]*User, len(users)), anonymous: anonymous}
	for _, u := range users {
		a.users[u.Name] = u
	}
	return a
}

// What callers act on.
var (
	ErrUnauthenticated = errors.New("the name or the password is wrong")
	ErrNoAnonymous     = errors.New("a user's name and password are needed")
)

// Find returns a user. One that is not declared is nobody where there are users, and else
// whoever the client says, in the anonymous role.
func (a *Access) Find(name string) (*User, error) {
	if u := a.users[name]; u != nil {
		return u, nil
	}
	if len(a.users) > 0 || a.anonymous == nil {
		return nil, ErrUnauthenticated
	}
	return &User{Name: name, Role: a.anonymous}, nil
}

// Known reports whether a user of the name is declared.
func (a *Access) Known(name string) bool { return a.users[name] != nil }

// Anonymous returns the user who does not say a name; from tells one from another, so
// that they share fairly.
func (a *Access) Anonymous(from string) (*User, error) {
	if a.anonymous == nil {
		return nil, ErrNoAnonymous
	}
	return &User{Name: "anonymous " + from, Role: a.anonymous, nameless: true}, nil
}

// IsAnonymous reports whether the user said no name.
func (u *User) IsAnonymous() bool { return u.nameless }

// Authenticate returns the user of a name and a password.
func (a *Access) Authenticate(name, password string) (*User, error) {
	u := a.users[name]
	if u == nil || u.password == nil || !u.password.Matches(password) {
		return nil, ErrUnauthenticated
	}
	return u, nil
}

// Password is what is kept of a password: PostgreSQL's form of a SCRAM verifier.
type Password struct{ credentials scram.StoredCredentials }

const (
	passwordScheme   = "SCRAM-SHA-256"
	passwordRounds   = 4096
	passwordSalt     = 16
	maxPasswordRound = 1_000_000
)

// HashPassword returns the verifier of a password, which a configuration keeps. It is
// what PostgreSQL's psql sends for \password.
func HashPassword(password string, random io.Reader) (string, error) {
	salt := make([]byte, passwordSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("cannot make a salt: %w", err)
	}
	stored, server, err := keys(password, salt, passwordRounds)
	if err != nil {
		return "", err
	}
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", passwordScheme, passwordRounds, text(salt), text(stored), text(server)), nil
}

// keys derives the keys of RFC 5802.
func keys(password string, salt []byte, rounds int) (stored, server []byte, err error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot hash the password: %w", err)
	}
	sign := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	sum := sha256.Sum256(sign("Client Key"))
	return sum[:], sign("Server Key"), nil
}

// ParsePassword reads what [HashPassword] returned.
func ParsePassword(text string) (*Password, error) {
	const form = "it must be SCRAM-SHA-256$ROUNDS:SALT$STORED:SERVER, as 'millrace sql password' writes it"
	scheme, rest, ok1 := strings.Cut(text, "$")
	factors, both, ok2 := strings.Cut(rest, "$")
	rounds, salt, ok3 := strings.Cut(factors, ":")
	stored, server, ok4 := strings.Cut(both, ":")
	if !ok1 || !ok2 || !ok3 || !ok4 || scheme != passwordScheme {
		return nil, errors.New(form)
	}
	n, err := strconv.Atoi(rounds)
	if err != nil || n < passwordRounds || n > maxPasswordRound {
		return nil, fmt.Errorf("it says %q rounds; %d to %d are taken", rounds, passwordRounds, maxPasswordRound)
	}
	p := &Password{}
	p.credentials.Iters = n
	var bytes [3][]byte
	for i, part := range []string{salt, stored, server} {
		if bytes[i], err = base64.StdEncoding.DecodeString(part); err != nil || len(bytes[i]) == 0 {
			return nil, errors.New(form)
		}
	}
	p.credentials.Salt, p.credentials.StoredKey, p.credentials.ServerKey = string(bytes[0]), bytes[1], bytes[2]
	return p, nil
}

// Matches reports whether it is this password. It takes as long as the rounds say, by
// intent.
func (p *Password) Matches(password string) bool {
	stored, _, err := keys(password, []byte(p.credentials.Salt), p.credentials.Iters)
	return err == nil && hmac.Equal(stored, p.credentials.StoredKey)
}

// NewUser returns a user with a password's verifier; an empty one is no password.
func NewUser(name string, role *Role, verifier string) (*User, error) {
	u := &User{Name: name, Role: role}
	if verifier == "" {
		return u, nil
	}
	var err error
	if u.password, err = ParsePassword(verifier); err != nil {
		return nil, fmt.Errorf("the password of user %q: %w", name, err)
	}
	return u, nil
}

// Decoy returns credentials that no password has, for names that nobody has: whoever
// guesses names must not see which there are. secret is the same for the life of a process.
func Decoy(name string, secret []byte) scram.StoredCredentials {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(name))
	salt := mac.Sum(nil)[:passwordSalt]
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return scram.StoredCredentials{
		KeyFactors: scram.KeyFactors{Salt: string(salt), Iters: passwordRounds}, StoredKey: key, ServerKey: key,
	}
}
