package enrich

import (
	"strings"
	"sync"

	"github.com/millrace/millrace/event"
)

const currencyLogic = "1"

// currencyCodes are the alphabetic codes of ISO 4217 that money can be in:
// active ones, and those withdrawn since 2018 that a shop's history may carry
// (CUC, HRK, MRO, SLL, STD, VEF, ZWL). Codes for metals, bonds, tests and "no
// currency" are not among them.
const currencyCodes = `
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL
BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP
DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP
TRY TTD TWD TZS UAH UGX USD UYU UZS VED VEF VES VND VUV WST XAF XCD XCG XOF XPF
YER ZAR ZMW ZWG ZWL`

var currencies = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for _, code := range strings.Fields(currencyCodes) {
		known[code] = true
	}
	return known
})

// Currency writes ISO 4217 codes in capitals and without blanks. What is no
// such code ("$", "pounds") stays: guessing a currency would change money.
func Currency() *Enrichment {
	known := currencies()
	return standardize("currency", version(currencyLogic, currencyCodes), "currency",
		func(b *event.Batch) *event.Dict { return &b.Currency },
		func(value string) (string, Outcome) {
			code := strings.ToUpper(strings.TrimSpace(value))
			switch {
			case code == "":
				return "", Empty
			case !known[code]:
				return value, Missed
			case code == value:
				return value, Kept
			}
			return code, Changed
		})
}

const channelLogic = "1"

// Channel writes channels in lower case and without blanks around them, and
// gives events that name none the channel of their source. Any name is a
// channel, so nothing is ever missed.
func Channel(ofSource string) *Enrichment {
	ofSource = strings.ToLower(strings.TrimSpace(ofSource))
	return standardize("channel", version(channelLogic, ofSource), "channel",
		func(b *event.Batch) *event.Dict { return &b.Channel },
		func(value string) (string, Outcome) {
			channel := strings.ToLower(strings.TrimSpace(value))
			if channel == "" {
				channel = ofSource
			}
			switch {
			case channel == "" && value == "":
				return "", Empty
			case channel == value:
				return value, Kept
			}
			return channel, Changed
		})
}
