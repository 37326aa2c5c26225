//go:build sources

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/internal/servicetest"
)

func TestEachEntryOfARedisStreamOnceThroughKills(t *testing.T) {
	t.Parallel()
	server := servicetest.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: server.Address, Password: servicetest.Password, MaxRetries: -1, DisableIdentity: true})
	defer client.Close()
	config := fmt.Sprintf("sources:\n  - {name: till, adapter: native, redis: {address: %q, password: %q, stream: till}}\n", server.Address, servicetest.Password)
	chaos(t, config, server, func(lines []string) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, line := range lines {
				p.XAdd(ctx, &redis.XAddArgs{Stream: "till", Values: []any{"payload", line}})
			}
			return nil
		})
		return err
	})
}
