package generate

import "strconv"

// person is a visitor. Everything about one is derived from its number.
type person struct {
	number    uint64 // of the customer, or of the guest
	account   bool
	created   int64 // of the account, µs
	device    uint64
	ip        uint64
	card      uint64
	anonymous uint64
	level     int64 // what an order usually costs, cents of the base currency
	city      uint8
}

// What is derived from a number: salts of the hashes.
const (
	saltCustomer uint64 = iota + 1
	saltGuest
	saltHousehold
	saltOffice
	saltDevice
	saltIP
	saltCard
	saltAnonymous
	saltPayment
	saltSession
	saltScript
)

// levels are the usual costs of an order, from the thriftiest to the most
// generous tenth of customers.
var levels = [...]int64{1800, 2200, 2700, 3200, 3800, 4500, 5200, 6000, 7000, 8200, 9500, 11_000, 13_000, 16_000, 20_000, 25_000}

// The orders of a person cost between these parts of the level, in hundredths,
// so that no honest payment is an outlier.
const leastOfLevel, mostOfLevel = 40, 240

func (s *Shop) hash(salt, n uint64) uint64 { return mix(s.salt ^ mix(n^salt<<56)) }

// customer is the account of a number.
func (s *Shop) customer(n uint64, at int64) person {
	h := s.hash(saltCustomer, n)
	p := s.someone(h, n)
	p.account = true
	p.created = s.opened - 30*day - int64(h>>33)%(1400*day/second)*second
	family, office := s.hash(saltHousehold, n/3), s.hash(saltOffice, n/100)
	switch {
	case isFamily(family): // they share their home, its connection and its tablet
		p.city, p.ip = s.cityOf(family), mix(family^saltIP)
		if h>>8%2 == 0 {
			p.device = mix(family ^ saltDevice)
		}
	case isOfficeWorker(h):
		p.city, p.ip = s.cityOf(office), mix(h^saltIP)
		if working(at) {
			p.ip = mix(office ^ saltIP)
		}
	default:
		p.ip = mix(h ^ saltIP)
	}
	return p
}

func isFamily(household uint64) bool { return household%3 == 0 }

func isOfficeWorker(h uint64) bool { return h>>8%5 == 0 }

// guest is a visitor without account.
func (s *Shop) guest(n uint64) person {
	h := s.hash(saltGuest, n)
	p := s.someone(h, n)
	p.ip = mix(h ^ saltIP)
	return p
}

func (s *Shop) someone(h, n uint64) person {
	return person{
		number: n, device: mix(h ^ saltDevice), card: mix(h ^ saltCard), anonymous: mix(h ^ saltAnonymous),
		level: levels[h>>13%uint64(len(levels))], city: s.cityOf(h),
	}
}

func (s *Shop) cityOf(h uint64) uint8 {
	r := random(h)
	return uint8(s.homes.pick(&r))
}

// working is true from 8 to 17 o'clock, Monday to Friday.
func working(at int64) bool {
	weekday, h := (at/day+4)%7, at%day/hour
	return weekday >= 1 && weekday <= 5 && h >= 8 && h < 17
}

// anyCustomer is the next of the customers that take turns: each one's sessions
// are far apart, as the number of customers is large beside the rate.
func (s *Shop) anyCustomer(at int64) person {
	regulars := uint64(s.cfg.Regulars)
	others := uint64(s.cfg.Customers) - regulars
	s.turn = (s.turn + s.stride) % others
	return s.customer(regulars+s.turn, at)
}

// regular is one of those that come again and again, unless they were here a
// short while ago.
func (s *Shop) regular(at int64, r *random) (person, bool) {
	i := r.below(int64(s.cfg.Regulars))
	if at < s.regularFree[i] {
		return person{}, false
	}
	s.regularFree[i] = at + 3*hour
	return s.customer(uint64(i), at), true
}

func (s *Shop) nextGuest() person {
	s.guests++
	return s.guest(s.guests)
}

// newNumber is the number of an account that no visitor has by chance: behind the
// customers, and far enough from the last one to be of another family and
// office.
func (s *Shop) newNumber() uint64 {
	s.accounts++
	return uint64(s.cfg.Customers) + s.accounts*301
}

// newAccount gives a guest an account.
func (s *Shop) newAccount(p *person, at int64) {
	p.account, p.created, p.number = true, at/1000*1000, s.newNumber()
}

// actor is an old account that acts in one script only, so that what it does
// besides cannot turn a script into something else.
func (s *Shop) actor(at int64) person { return s.customer(s.newNumber(), at) }

// The texts of what is known about a person.

const hexDigits = "0123456789abcdef"

func appendHex(dst []byte, h uint64, digits int) []byte {
	for shift := 60; digits > 0; shift, digits = shift-4, digits-1 {
		dst = append(dst, hexDigits[h>>shift&15])
	}
	return dst
}

func appendCustomer(dst []byte, n uint64) []byte  { return strconv.AppendUint(append(dst, 'c'), n, 10) }
func appendAnonymous(dst []byte, h uint64) []byte { return appendHex(append(dst, 'a'), h, 12) }
func appendDevice(dst []byte, h uint64) []byte    { return appendHex(append(dst, 'd'), h, 12) }
func appendCard(dst []byte, h uint64) []byte      { return appendHex(append(dst, "card_"...), h, 16) }

// firstOctets are of networks that are given to providers.
var firstOctets = [...]byte{2, 5, 24, 31, 37, 46, 62, 71, 77, 78, 79, 80, 81, 82, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 109, 176, 178, 188, 212, 217}

func appendIP(dst []byte, h uint64) []byte {
	dst = strconv.AppendUint(dst, uint64(firstOctets[h%uint64(len(firstOctets))]), 10)
	for shift := 8; shift <= 24; shift += 8 {
		dst = strconv.AppendUint(append(dst, '.'), h>>shift&0xff, 10)
	}
	return dst
}
