package data

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

const (
	campaigns      = 100
	adsPerCampaign = 10
	ysbUsers       = 100
	ysbPages       = 100
)

var (
	adTypes    = []string{"banner", "modal", "sponsored-search", "mail", "mobile"}
	eventTypes = []string{"view", "click", "purchase"}
)

// Ad belongs to a campaign.
type Ad struct{ ID, Campaign string }

// Ads returns the ads of the benchmark, which are fixed for a seed.
func Ads(seed uint64) []Ad {
	random := rand.New(rand.NewPCG(seed, 2))
	var all []Ad
	for range campaigns {
		campaign := uuid(random)
		for range adsPerCampaign {
			all = append(all, Ad{uuid(random), campaign})
		}
	}
	return all
}

func uuid(random *rand.Rand) string {
	a, b := random.Uint64(), random.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// YSB calls emit for each event of the Yahoo Streaming Benchmark.
func YSB(c Config, emit func(*Record) error) error {
	clock := newClock(c, 3)
	random := clock.random
	ads := Ads(c.Seed)
	var users, pages []string
	for range ysbUsers {
		users = append(users, uuid(random))
	}
	for range ysbPages {
		pages = append(pages, uuid(random))
	}
	r := new(Record)
	for n := range c.Events {
		r.Time = clock.disordered(n)
		user := pick(random, users)
		r.Key = append(r.Key[:0], user...)
		b := quoted(r.Value[:0], `{"user_id":`, user)
		b = quoted(b, `,"page_id":`, pick(random, pages))
		b = quoted(b, `,"ad_id":`, ads[random.IntN(len(ads))].ID)
		b = quoted(b, `,"ad_type":`, pick(random, adTypes))
		b = quoted(b, `,"event_type":`, pick(random, eventTypes))
		b = strconv.AppendInt(append(b, `,"event_time":"`...), r.Time, 10)
		r.Value = append(b, `","ip_address":"1.2.3.4"}`...)
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}
