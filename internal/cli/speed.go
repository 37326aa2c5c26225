package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Speed is how fast the demo replays: the whole file in a time, a factor on
// event time, or as fast as it goes. One of the three is set.
type Speed struct {
	Text   string // as given
	Whole  time.Duration
	Factor float64
	Max    bool
}

const (
	defaultSpeed  = "60s"
	maxWhole      = 30 * 24 * time.Hour
	maxFactor     = 1e9
	speedFormHelp = "give the time for the whole year (60s, 5m), a factor (1x, 3600x), or max"
)

// ParseSpeed reads "60s", "3600x" or "max".
func ParseSpeed(text string) (Speed, error) {
	s := Speed{Text: text}
	wrong := func(why string) (Speed, error) {
		return Speed{}, fmt.Errorf("speed %q %s; %s", text, why, speedFormHelp)
	}
	if text == "max" {
		s.Max = true
		return s, nil
	}
	if factor, ok := strings.CutSuffix(text, "x"); ok {
		v, err := strconv.ParseFloat(factor, 64)
		switch {
		case err != nil || v != v:
			return wrong("is no factor")
		case v <= 0:
			return wrong("must be above 0")
		case v > maxFactor:
			return wrong("is too large")
		}
		s.Factor = v
		return s, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return wrong("is not understood")
	case d <= 0:
		return wrong("must be above 0")
	case d > maxWhole:
		return wrong("is longer than 30 days")
	}
	s.Whole = d
	return s, nil
}

// String returns the text as given. It makes *Speed a flag value.
func (s *Speed) String() string { return s.Text }

// Set reads a flag.
func (s *Speed) Set(text string) (err error) {
	*s, err = ParseSpeed(text)
	return err
}

// Type names the kind of value in the help.
func (*Speed) Type() string { return "speed" }
