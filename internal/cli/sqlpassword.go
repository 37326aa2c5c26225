package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/query"
)

// maxPasswordBytes bounds a password read from standard input.
const maxPasswordBytes = 1024

func (s *shell) sqlPassword() *cobra.Command {
	return &cobra.Command{
		Use:   "password",
		Short: "Hash a password for olap.sql.users",
		Long: `Read a password from the first line of standard input and print what olap.sql.users[].password_hash
keeps of it: a SCRAM-SHA-256 verifier, as PostgreSQL stores it. The password cannot be read back from it.`,
		Example: `  printf %s "$PASSWORD" | millrace sql password`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			line, err := bufio.NewReader(io.LimitReader(s.Stdin, maxPasswordBytes)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("cannot read the password from standard input: %w", err)
			}
			password := strings.TrimRight(line, "\r\n")
			if password == "" {
				return usage("there is no password; give one on standard input")
			}
			verifier, err := query.HashPassword(password, rand.Reader)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.Stdout, verifier)
			return err
		},
	}
}
