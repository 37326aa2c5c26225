package enrich

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/millrace/millrace/event"
)

//go:embed referrers.tsv
var referrersTSV string

const campaignLogic = "1"

// origin is where a visitor came from.
type origin struct{ source, medium string }

// The mediums that are concluded; others are what campaigns say of themselves.
const (
	mediumPaid     = "paid"
	mediumReferral = "referral"
	mediumDirect   = "direct"
)

// clicks are the parameters by which networks count paid clicks.
var clicks = [...]struct {
	parameter string
	origin
}{
	{"gclid", origin{"google", mediumPaid}}, {"gbraid", origin{"google", mediumPaid}}, {"wbraid", origin{"google", mediumPaid}}, {"dclid", origin{"google", mediumPaid}},
	{"msclkid", origin{"bing", mediumPaid}}, {"fbclid", origin{"facebook", mediumPaid}}, {"ttclid", origin{"tiktok", mediumPaid}},
}

const (
	maxCampaign  = 64 // bytes of a campaign's source, medium or name
	maxCampaigns = 4096
)

// Campaign tells where a visitor came from: by what the sender says of the campaign, else
// by the page's parameters, else by the referrer.
func Campaign() *Enrichment {
	hosts := referrers()
	return newStep("campaign", version(campaignLogic, referrersTSV), func() apply {
		c := &campaigns{texts: newRecent[string](maxCampaigns), hosts: newRecent[origin](maxCampaigns), find: func(host string) origin { return refer(hosts, host) }}
		return c.apply
	}, "campaign_source", "campaign_medium", "campaign_name")
}

// campaigns is the memory of one Apply at a time.
type campaigns struct {
	texts *recent[string]
	hosts *recent[origin]
	find  func(host string) origin
}

func (c *campaigns) apply(b *event.Batch, rows []int32, f *facts, n *tally) {
	for k, i := range rows {
		said := f.of(b, k, i)
		if said[factPage] == "" && said[factReferrer] == "" && said[factSource] == "" && said[factMedium] == "" && said[factCampaign] == "" {
			n.of[Empty]++
			continue
		}
		source, medium, name := c.said(said)
		if source == "" && medium == "" && name == "" {
			var o origin
			var ok bool
			if o, ok = c.concluded(said[factPage], said[factReferrer]); !ok {
				n.miss(b, i, "context.page", said[factPage]+" "+said[factReferrer], "is no URL of a page")
				continue
			}
			source, medium = o.source, o.medium
		}
		if source == "" && medium == "" && name == "" {
			n.of[Empty]++ // from a page of the shop to the next
			continue
		}
		n.of[Changed]++
		b.CampaignSource[i], b.CampaignMedium[i], b.CampaignName[i] = source, medium, name
	}
}

// said is the campaign by the sender's own words, or the page's utm_ parameters.
func (c *campaigns) said(said *[factCount]string) (source, medium, name string) {
	source, medium, name = c.clean(said[factSource]), c.clean(said[factMedium]), c.clean(said[factCampaign])
	if source != "" || medium != "" || name != "" {
		return source, medium, name
	}
	for q := queryOf(said[factPage]); q != ""; {
		var key, value string
		key, value, q = parameter(q)
		if !strings.HasPrefix(key, "utm_") {
			continue
		}
		switch key {
		case "utm_source":
			source = c.clean(value)
		case "utm_medium":
			medium = c.clean(value)
		case "utm_campaign":
			name = c.clean(value)
		}
	}
	return source, medium, name
}

// concluded is where the visitor came from by click ids and the referrer. It is false
// when neither page nor referrer can be understood.
func (c *campaigns) concluded(page, referrer string) (origin, bool) {
	for q := queryOf(page); q != ""; {
		var key, value string
		key, value, q = parameter(q)
		for k := range clicks {
			if clicks[k].parameter == key && value != "" {
				return clicks[k].origin, true
			}
		}
	}
	here, pageOK := hostOf(page)
	from, ok := hostOf(referrer)
	switch {
	case referrer == "" && pageOK:
		return origin{mediumDirect, mediumDirect}, true
	case !ok:
		return origin{}, page == "" && referrer == ""
	case pageOK && strings.EqualFold(site(here), site(from)):
		return origin{}, true
	}
	return c.hosts.get(from, c.find), true
}

// clean brings a text of a campaign into the form in which it is stored: decoded, in lower
// case, without blanks around it, at most maxCampaign bytes.
func (c *campaigns) clean(text string) string {
	if text == "" {
		return ""
	}
	return c.texts.get(text, cleaned)
}

func cleaned(text string) string {
	text = strings.ToValidUTF8(decoded(text), "\uFFFD")
	text = strings.ToLower(strings.TrimSpace(strings.ReplaceAll(text, "\x00", "")))
	if len(text) <= maxCampaign {
		return strings.Clone(text)
	}
	cut := maxCampaign
	for cut > maxCampaign-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.Clone(text[:cut])
}

// refer finds who a host is, in the table, by the longest name that it ends with.
func refer(hosts map[string]origin, host string) origin {
	host = strings.ToLower(host)
	for name := host; name != ""; {
		if o, ok := hosts[name]; ok {
			return o
		}
		label, rest, _ := strings.Cut(name, ".")
		// Of a country: google.de, google.co.uk.
		if o, ok := hosts[label+".*"]; ok && ofCountry(rest) {
			return o
		}
		name = rest
	}
	return origin{strings.Clone(site(host)), mediumReferral}
}

// ofCountry reports whether a host ends so when its owner has one in each country: com, de,
// co.uk, com.br.
func ofCountry(end string) bool {
	first, rest, two := strings.Cut(end, ".")
	if two {
		return (first == "co" || first == "com") && len(rest) == 2
	}
	return end == "com" || len(end) == 2
}

// referrers maps hosts to what they are.
var referrers = sync.OnceValue(func() map[string]origin {
	hosts, err := parseReferrers(referrersTSV)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return hosts
})

func parseReferrers(table string) (map[string]origin, error) {
	hosts := make(map[string]origin)
	number := 0
	for line := range strings.Lines(table) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 3 {
			return nil, fmt.Errorf("referrers.tsv:%d: want host, source and medium, separated by tabs", number)
		}
		if _, twice := hosts[columns[0]]; twice {
			return nil, fmt.Errorf("referrers.tsv:%d: %q stands twice", number, columns[0])
		}
		hosts[columns[0]] = origin{columns[1], columns[2]}
	}
	return hosts, nil
}
