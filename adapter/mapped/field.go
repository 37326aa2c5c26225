package mapped

import "slices"

// field is a field of an event.
type field uint8

const (
	fieldType field = iota
	fieldTime
	fieldCustomerID
	fieldAnonymousID
	fieldOrderID
	fieldSessionID
	fieldChannel
	fieldCountry
	fieldCurrency
	fieldAmount
	fieldCount
)

// fieldNames are the names that rules use, too.
var fieldNames = [fieldCount]string{
	"type", "event_time", "customer_id", "anonymous_id", "order_id", "session_id", "channel", "country", "currency", "amount",
}

func (f field) isText() bool { return f != fieldTime && f != fieldAmount }

// textFields lists the names of the fields that hold text.
func textFields() []string {
	var names []string
	for f, name := range fieldNames {
		if field(f).isText() {
			names = append(names, name)
		}
	}
	return names
}

func fieldOf(name string) (field, bool) {
	i := slices.Index(fieldNames[:], name)
	return field(max(i, 0)), i >= 0
}

// list returns the values in the order of the fields.
func (f *fieldsSpec) list() [fieldCount]*valueSpec {
	return [fieldCount]*valueSpec{
		&f.Type, &f.EventTime, &f.CustomerID, &f.AnonymousID, &f.OrderID, &f.SessionID, &f.Channel, &f.Country, &f.Currency, &f.Amount,
	}
}
