package warehouse

import "fmt"

// Star declares the tables of the warehouse, dimensions first.
func Star() []Table {
	return []Table{
		dimDate(), dimTime(), dimChannel(), dimCategory(), dimGeography(), dimCampaign(), dimDevice(), dimLocation(), dimPromotion(), dimCustomer(), dimProduct(),
		factOrderLine(), factRefundLine(), factPageEvent(), factCartEvent(), factExposure(), factPayment(), factSession(), factShipment(), factInventory(),
	}
}

// property is a member of the properties of an event, a text. Parsing costs ten times as much as
// looking whether the name is there; a name with escapes is looked for by parsing.
func property(name string) string { return propertyOf("s", name) }

func propertyOf(alias, name string) string {
	return fmt.Sprintf(`CASE WHEN contains(%[1]s.properties, '"%[2]s"') OR contains(%[1]s.properties, '\') THEN %[1]s.properties ->> '$.%[2]s' END`, alias, name)
}

func dimDate() Table {
	return Table{
		Name: "dim_date", Doc: "Days, UTC; -1 is unknown", Kind: Fixed,
		Columns: []Column{
			{Name: "date_key", Type: "INTEGER", Doc: "YYYYMMDD"}, {Name: "date", Type: "DATE", Doc: "The day"}, {Name: "year", Type: "INTEGER", Doc: "Year"},
			{Name: "quarter", Type: "INTEGER", Doc: "1 to 4"}, {Name: "month", Type: "INTEGER", Doc: "1 to 12"}, {Name: "month_name", Type: "VARCHAR", Doc: "January to December"},
			{Name: "iso_week", Type: "INTEGER", Doc: "ISO 8601 week"}, {Name: "day_of_month", Type: "INTEGER", Doc: "1 to 31"}, {Name: "day_of_week", Type: "INTEGER", Doc: "1 is Monday"},
			{Name: "weekend", Type: "BOOLEAN", Doc: "Saturday or Sunday"},
		},
		Query: `SELECT strftime(d, '%Y%m%d')::INTEGER, d::DATE, year(d), quarter(d), month(d), monthname(d), week(d), day(d), isodow(d), isodow(d) >= 6
FROM range(TIMESTAMP '1990-01-01', TIMESTAMP '2061-01-01', INTERVAL 1 DAY) AS r(d)
UNION ALL SELECT -1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
	}
}

func dimTime() Table {
	return Table{
		Name: "dim_time", Doc: "Minutes of the day, UTC; -1 is unknown", Kind: Fixed,
		Columns: []Column{
			{Name: "time_key", Type: "INTEGER", Doc: "Minute of the day, from 0"}, {Name: "hour", Type: "INTEGER", Doc: "0 to 23"},
			{Name: "minute", Type: "INTEGER", Doc: "0 to 59"}, {Name: "part_of_day", Type: "VARCHAR", Doc: "night, morning, afternoon or evening", Values: []string{"night", "morning", "afternoon", "evening"}},
		},
		Query: `SELECT m::INTEGER, (m // 60)::INTEGER, (m % 60)::INTEGER, CASE WHEN m < 360 THEN 'night' WHEN m < 720 THEN 'morning' WHEN m < 1080 THEN 'afternoon' ELSE 'evening' END
FROM range(1440) AS r(m) UNION ALL SELECT -1, NULL, NULL, NULL`,
	}
}

func dimChannel() Table {
	return Table{
		Name: "dim_channel", Doc: "Ways of the sale", Kind: Type1, From: FromEvents, Where: "s.channel IS NOT NULL",
		Columns: []Column{{Name: "channel", Type: "VARCHAR", Doc: "Such as web", SQL: "s.channel", Key: true}},
	}
}

func dimCategory() Table {
	return Table{
		Name: "dim_category", Doc: "Categories of products; a path such as Home > Lamps has its levels", Kind: Type1, From: FromLines, Where: "s.category IS NOT NULL",
		Columns: []Column{
			{Name: "category", Type: "VARCHAR", Doc: "As sent", SQL: "s.category", Key: true},
			{Name: "level_1", Type: "VARCHAR", Doc: "First level", SQL: "trim(split_part(s.category, '>', 1))"},
			{Name: "level_2", Type: "VARCHAR", Doc: "Second level", SQL: "nullif(trim(split_part(s.category, '>', 2)), '')"},
			{Name: "level_3", Type: "VARCHAR", Doc: "Third level", SQL: "nullif(trim(split_part(s.category, '>', 3)), '')"},
		},
	}
}

func dimGeography() Table {
	return Table{
		Name: "dim_geography", Doc: "Countries", Kind: Type1, From: FromEvents, Where: "s.country IS NOT NULL",
		Columns: []Column{{Name: "country", Type: "VARCHAR", Doc: "ISO 3166-1 alpha-2", SQL: "s.country", Key: true}},
	}
}

func dimCampaign() Table {
	return Table{
		Name: "dim_campaign", Doc: "Campaigns and ways by which visits come", Kind: Type1, From: FromEvents,
		Where: "coalesce(s.campaign_source, s.campaign_medium, s.campaign_name) IS NOT NULL",
		Columns: []Column{
			{Name: "source", Type: "VARCHAR", Doc: "Who sent the visitor", SQL: "coalesce(s.campaign_source, '')", Key: true},
			{Name: "medium", Type: "VARCHAR", Doc: "How", SQL: "coalesce(s.campaign_medium, '')", Key: true},
			{Name: "campaign", Type: "VARCHAR", Doc: "Name of the campaign", SQL: "coalesce(s.campaign_name, '')", Key: true},
		},
	}
}

const campaignKey = "coalesce(s.campaign_source, '');coalesce(s.campaign_medium, '');coalesce(s.campaign_name, '')"

func dimDevice() Table {
	return Table{
		Name: "dim_device", Doc: "Kinds of devices, browsers and programs", Kind: Type1, From: FromEvents,
		Where: "coalesce(s.device, s.browser, s.os, s.bot) IS NOT NULL",
		Columns: []Column{
			{Name: "device", Type: "VARCHAR", Doc: "desktop, mobile, tablet or other", SQL: "coalesce(s.device, '')", Key: true},
			{Name: "browser", Type: "VARCHAR", Doc: "Browser", SQL: "coalesce(s.browser, '')", Key: true},
			{Name: "os", Type: "VARCHAR", Doc: "Operating system", SQL: "coalesce(s.os, '')", Key: true},
			{Name: "bot", Type: "VARCHAR", Doc: "Program that stands for a visitor", SQL: "coalesce(s.bot, '')", Key: true},
		},
	}
}

const deviceKey = "coalesce(s.device, '');coalesce(s.browser, '');coalesce(s.os, '');coalesce(s.bot, '')"

func dimLocation() Table {
	return Table{
		Name: "dim_location", Doc: "Warehouses, stores and tills", Kind: Type1, From: FromEvents, Where: property("location_id") + " IS NOT NULL",
		Columns: []Column{
			{Name: "location_id", Type: "VARCHAR", Doc: "Warehouse or store", SQL: property("location_id"), Key: true},
			{Name: "kind", Type: "VARCHAR", Doc: "warehouse, store or other", Values: []string{"warehouse", "store", "other"}, SQL: "CASE WHEN starts_with(" + property("location_id") + ", 'wh-') THEN 'warehouse' WHEN starts_with(" + property("location_id") + ", 'st-') THEN 'store' ELSE 'other' END"},
		},
	}
}

func dimPromotion() Table {
	return Table{
		Name: "dim_promotion", Doc: "Promotions and coupons", Kind: Type1, From: FromEvents, Where: promotion + " IS NOT NULL",
		Columns: []Column{{Name: "promotion", Type: "VARCHAR", Doc: "Its id, or the coupon's code", SQL: promotion, Key: true}},
	}
}

var promotion = "coalesce(" + property("promotion_id") + ", " + property("coupon") + ")"

func dimCustomer() Table {
	return Table{
		Name: "dim_customer", Doc: "Customers, with what was known of them in each span of time", Kind: Type2, From: FromEvents, Where: "s.customer_id IS NOT NULL",
		Columns: []Column{
			{Name: "customer_id", Type: "VARCHAR", Doc: "Customer, or guest:ORDER", SQL: "s.customer_id", Key: true},
			{Name: "country", Type: "VARCHAR", Doc: "Country of the customer's events", SQL: "s.country"},
			{Name: "segment", Type: "VARCHAR", Doc: "Segment, by enrichment", SQL: "s.segment"},
			{Name: "account_created_at", Type: "TIMESTAMP", Doc: "When the account was made; guests have none", SQL: "TRY_CAST(" + property("account_created_at") + " AS TIMESTAMPTZ)::TIMESTAMP"},
		},
	}
}

func dimProduct() Table {
	return Table{
		Name: "dim_product", Doc: "Products, with name, category, list price and cost of each span of time", Kind: Type2, From: FromLines, Where: "s.product_id IS NOT NULL",
		Columns: []Column{
			{Name: "product_id", Type: "VARCHAR", Doc: "Product, or code of a fee", SQL: "s.product_id", Key: true},
			{Name: "name", Type: "VARCHAR", Doc: "Name as sent", SQL: "s.product_name"},
			{Name: "category", Type: "VARCHAR", Doc: "Category as sent; dim_category has its levels", SQL: "s.category"},
			{Name: "list_price", Type: "DECIMAL(18,6)", Doc: "Price that a piece is meant to have, by price_changed", SQL: "s.list_price"},
			{Name: "cost", Type: "DECIMAL(18,6)", Doc: "What a piece costs the shop, by price_changed", SQL: "s.cost"},
			{Name: "price_currency", Type: "VARCHAR", Doc: "ISO 4217, of list_price and cost", SQL: "CASE WHEN s.type = 'price_changed' THEN s.currency END"},
		},
	}
}

// priced is an amount that the catalogue names when a price changes.
func priced(name string) string {
	return "TRY_CAST(CASE WHEN e.type = 'price_changed' THEN e.properties ->> '$." + name + "' END AS DECIMAL(18,6)) AS " + name
}
