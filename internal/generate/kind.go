package generate

import "slices"

// Kind is what a label is about.
type Kind uint8

// The kinds of labels.
const (
	CardTesting Kind = iota
	Velocity
	ImpossibleTravel
	FreshAccountHighValue
	AmountOutlier
	FailedThenSuccess
	FamilyDevice
	OfficeIP
	PlausibleTravel
	BigSpender
	DeclineRetry
	PriceError
	Oversell
	VolumeAnomaly
	FlashSale
	CartAbandoned

	kindCount = iota
)

// Class groups kinds.
type Class string

// The classes of kinds.
const (
	Fraud        Class = "fraud"
	HardNegative Class = "hard_negative" // looks like a fraud and is none
	Incident     Class = "incident"      // something in the shop itself
	Behaviour    Class = "behaviour"     // what visitors do by themselves
)

// KindInfo describes a kind.
type KindInfo struct {
	Name  string
	Class Class
	// Often is how many of 10,000 sessions are replaced by one, by default; 0
	// for what visitors do by themselves.
	Often float64
	Text  string
}

// The thresholds that frauds exceed and everything else stays below. Amounts
// are in cents of the base currency.
const (
	testedCards        = 6           // cards at one device within testedWithin
	testedAmounts      = 5           // rising amounts on one card within testedWithin
	velocityAttempts   = 8           // attempts within velocityWithin
	testedWithin       = 15 * minute //
	velocityWithin     = 10 * minute //
	impossibleSpeed    = 1000        // km/h
	impossibleDistance = 300         // km
	freshAge           = 24 * hour   //
	freshAmount        = 1_000 * 100 //
	outlierHistory     = 5           // payments before
	outlierFactor      = 8           // times their mean
	failuresFirst      = 4           // declines in a row before the success
	failuresWithin     = 15 * minute //
	abandonedAfter     = 60 * minute // no order of the cart for so long
	second             = 1_000_000   // µs
	minute             = 60 * second //
	hour               = 60 * minute //
	day                = 24 * hour   //
)

var kinds = [kindCount]KindInfo{
	CardTesting: {"card_testing", Fraud, 4,
		"`by` device: at least 6 cards at one device and ip within 15 minutes, at least 60 % declined. `by` card: at least 5 authorized payments of one card within 15 minutes, each at least twice the one before."},
	Velocity:         {"velocity", Fraud, 4, "At least 8 payment attempts within 10 minutes by one card, device, ip or account; `by` says which."},
	ImpossibleTravel: {"impossible_travel", Fraud, 4, "Two payments of one account, more than 300 km apart, that need more than 1,000 km/h."},
	FreshAccountHighValue: {"fresh_account_high_value", Fraud, 4,
		"An account younger than 24 hours pays at least 1,000.00 in the base currency."},
	AmountOutlier:     {"amount_outlier", Fraud, 4, "An account with at least 5 authorized payments pays at least 8 times their mean (base currency)."},
	FailedThenSuccess: {"failed_then_success", Fraud, 4, "At least 4 declined payments of one account in a row, then an authorized one, within 15 minutes."},
	FamilyDevice:      {"family_device", HardNegative, 4, "Three accounts of a family pay with their own cards at one device within 30 minutes. Resembles card_testing."},
	OfficeIP:          {"office_ip", HardNegative, 4, "Five accounts pay from one office's ip within 15 minutes, each with its own device and card. Resembles velocity."},
	PlausibleTravel:   {"plausible_travel", HardNegative, 4, "An account pays at home and hours later in another city, at less than 800 km/h. Resembles impossible_travel."},
	BigSpender:        {"big_spender", HardNegative, 4, "An old account whose payments are all above 1,000.00 in the base currency. Resembles amount_outlier and fresh_account_high_value."},
	DeclineRetry:      {"decline_retry", HardNegative, 0, "A payment that is authorized after one or two genuine declines. Resembles failed_then_success."},
	PriceError:        {"price_error", Incident, 1.5, "A product's price is changed to a tenth, a hundredth or ten times what it was, and corrected later. `order_ids` are the orders at a price too low."},
	Oversell:          {"oversell", Incident, 1.5, "A reservation of more than a location has available, until the next receipt."},
	VolumeAnomaly:     {"volume_anomaly", Incident, 0.3, "A source of sessions goes quiet (`factor` 0) or doubles (`factor` 2). Sessions that have begun go on."},
	FlashSale:         {"flash_sale", Incident, 0.15, "Three products are reduced within their band, and half of all sessions come for them."},
	CartAbandoned:     {"cart_abandoned", Behaviour, 0, "A cart with products of which no order came for an hour. `event_ids` are the first and the last product_added."},
}

// Info describes the kind.
func (k Kind) Info() KindInfo { return kinds[k] }

func (k Kind) String() string { return kinds[k].Name }

// Kinds lists every kind.
func Kinds() []Kind {
	out := make([]Kind, kindCount)
	for i := range out {
		out[i] = Kind(i)
	}
	return out
}

// KindOf finds a kind by its name.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds[:], func(k KindInfo) bool { return k.Name == name })
	return Kind(max(i, 0)), i >= 0
}
