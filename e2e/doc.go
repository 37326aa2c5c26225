// Package e2e tests the real binary from the outside: what a user types, sends
// and sees.
package e2e
