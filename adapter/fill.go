package adapter

// Fill says that an adapter fills a field of events, and from where. It is what
// lineage is derived from, and changes nothing that is decoded.
type Fill struct {
	// Field is named as in rules: customer_id, item.price, properties,
	// properties.NAME.
	Field string
	// From is where the value stands in a record: the columns of a row, or paths of
	// members ("properties.order_id"); what begins with "$" is what the door knows.
	// None: it is the same for every record.
	From []string
	// Derived says that the value is computed of what stands there, and not copied.
	Derived bool
}

// Declared is implemented by adapters that say which fields they fill. The suite in
// adaptertest holds them to it: a field that a golden file has filled must be
// declared, and a declared one must be filled by some golden file.
type Declared interface {
	Fills() []Fill
}
