package saved

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// maxMissed bounds how many missed times are counted.
const maxMissed = 100_000

var errZone = errors.New("there is no such time zone")

// times reads when a schedule is due.
func (s *Schedule) times() (cron.Schedule, error) {
	if strings.HasPrefix(s.Cron, "@every") || strings.Contains(s.Cron, "TZ=") {
		return nil, fmt.Errorf("cannot take %q; want five fields, such as 0 8 * * 1, and the zone in zone", s.Cron)
	}
	times, err := cron.ParseStandard(s.Cron)
	if err != nil {
		return nil, fmt.Errorf("cannot read %q: %w; want minute, hour, day of the month, month and day of the week, such as 0 8 * * 1", s.Cron, err)
	}
	zone, err := s.zone()
	if err != nil {
		return nil, err
	}
	if times.Next(checkedAt.In(zone)).IsZero() {
		return nil, fmt.Errorf("%q is never due", s.Cron)
	}
	return times, nil
}

func (s *Schedule) zone() (*time.Location, error) {
	name := cmp.Or(s.Zone, "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("%w as %q; want a name such as Europe/London", errZone, name)
	}
	return zone, nil
}

// spec is what must stay the same for a schedule to go on where it was.
func (s *Schedule) spec() string { return s.Cron + " " + cmp.Or(s.Zone, "UTC") }

// due is what of a schedule is due.
type due struct {
	at     time.Time // the newest time that has come; zero for none
	missed int       // times before it that have come, too
	next   time.Time // the first that has not
}

// due says what has come behind since, up to now.
func (s *Schedule) due(since, now time.Time) (due, error) {
	times, err := s.times()
	if err != nil {
		return due{}, err
	}
	zone, err := s.zone()
	if err != nil {
		return due{}, err
	}
	var d due
	next := times.Next(since.In(zone))
	for n := 0; !next.IsZero() && !next.After(now); n++ {
		if n >= maxMissed { // years of minutes: what lies between is not counted
			next = times.Next(now.Add(-time.Hour).In(zone))
			n = 0
		}
		if !d.at.IsZero() && d.missed < maxMissed {
			d.missed++
		}
		d.at, next = next, times.Next(next)
	}
	d.next = next
	return d, nil
}
