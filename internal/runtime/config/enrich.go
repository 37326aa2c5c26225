package config

import "time"

// Enrichment configures what is derived from events besides what the rules do.
type Enrichment struct {
	IPCountry    bool           `yaml:"ip_country" desc:"Give events without a country that of the sender's address (context.ip or properties.ip)."`
	IPFile       string         `yaml:"ip_file" desc:"File of MaxMind's format (.mmdb) with the countries of addresses. It is read again when it was replaced. Empty: the ranges that come with the platform."`
	Client       bool           `yaml:"client" desc:"Tell browser, operating system, kind of device, and bots, by the user agent."`
	Bots         []string       `yaml:"bots" desc:"Texts that only user agents of further bots have, in any case of letters."`
	Campaign     bool           `yaml:"campaign" desc:"Tell where visitors came from: by context.campaign, the page's utm_ parameters and click ids, or the referrer."`
	BaseCurrency string         `yaml:"base_currency" desc:"Currency in which events get their amount besides (amount_base), by exchange_rates of the event's day. Empty: none."`
	Segments     SegmentTable   `yaml:"segments" desc:"Table of the customers' segments."`
	Products     CatalogueTable `yaml:"products" desc:"Catalogue from which items get the name and category that they lack, as of the event's time."`
	Refresh      time.Duration  `yaml:"refresh" min:"1s" max:"168h" desc:"How often the tables and ip_file are looked at."`
	Quarantine   []string       `yaml:"quarantine" oneof:"country|currency|ip_country|client|campaign|base|product|segment" desc:"Enrichments whose misses quarantine the event, in the category enrichment. A miss in any other leaves the event as it is."`
}

// SegmentTable says where the customers' segments are.
type SegmentTable struct {
	File    string `yaml:"file" desc:"CSV file with a header."`
	Table   string `yaml:"table" desc:"Table of the analytics store, such as one of a job, in place of a file."`
	Key     string `yaml:"key" desc:"Column of the customer."`
	Segment string `yaml:"segment" desc:"Column of the segment."`
}

// CatalogueTable says where the products are.
type CatalogueTable struct {
	File      string `yaml:"file" desc:"CSV file with a header."`
	Table     string `yaml:"table" desc:"Table of the analytics store in place of a file."`
	Key       string `yaml:"key" desc:"Column of the product."`
	Name      string `yaml:"name" desc:"Column of its name."`
	Category  string `yaml:"category" desc:"Column of its category."`
	ValidFrom string `yaml:"valid_from" desc:"Column since when a row holds: a day, or a time (RFC 3339). Empty: all rows hold since ever."`
	ValidTo   string `yaml:"valid_to" desc:"Column until when a row holds, excluded. Empty: all rows hold until a later one."`
}

func defaultEnrichment() Enrichment {
	return Enrichment{
		IPCountry: true, Client: true, Bots: []string{}, Campaign: true, BaseCurrency: "EUR",
		Segments:   SegmentTable{Key: "customer_id", Segment: "segment"},
		Products:   CatalogueTable{Key: "product_id", Name: "name", Category: "category"},
		Refresh:    5 * time.Minute,
		Quarantine: []string{},
	}
}
