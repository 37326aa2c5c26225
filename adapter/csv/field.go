package csv

import "strings"

// field is where a column's value goes.
type field uint8

const (
	fieldNone field = iota
	fieldOrderID
	fieldCustomerID
	fieldAnonymousID
	fieldSessionID
	fieldType
	fieldChannel
	fieldCountry
	fieldCurrency
	fieldTime
	fieldAmount
	fieldProductID
	fieldName
	fieldCategory
	fieldQuantity
	fieldPrice
	fieldProperty // properties.NAME
)

// fieldNames are the names that rules use, too.
var fieldNames = [...]string{
	fieldOrderID: "order_id", fieldCustomerID: "customer_id", fieldAnonymousID: "anonymous_id",
	fieldSessionID: "session_id", fieldType: "type", fieldChannel: "channel", fieldCountry: "country",
	fieldCurrency: "currency", fieldTime: "event_time", fieldAmount: "amount", fieldProductID: "item.product_id",
	fieldName: "item.name", fieldCategory: "item.category", fieldQuantity: "item.quantity", fieldPrice: "item.price",
}

const propertyPrefix = "properties."

// parseField is false for a name that is no field.
func parseField(name string) (field, bool) {
	if name == "" {
		return fieldNone, true
	}
	if strings.HasPrefix(name, propertyPrefix) {
		return fieldProperty, len(name) > len(propertyPrefix)
	}
	for f, n := range fieldNames {
		if n == name {
			return field(f), true
		}
	}
	return fieldNone, false
}

// isText reports whether the field holds text as it stands in the file.
func (f field) isText() bool {
	switch f {
	case fieldTime, fieldAmount, fieldQuantity, fieldPrice:
		return false
	}
	return true
}

func (f field) ofItem() bool { return f >= fieldProductID && f <= fieldPrice }

// valueType is how a column's text is read.
type valueType uint8

const (
	typeString valueType = iota
	typeInteger
	typeDecimal
	typeMoney
	typeTimestamp
)

var typeNames = [...]string{"string", "integer", "decimal", "money", "timestamp"}

// types returns what a field's column may be; the first is the default.
func (f field) types() []valueType {
	switch f {
	case fieldTime:
		return []valueType{typeTimestamp}
	case fieldAmount, fieldPrice:
		return []valueType{typeMoney}
	case fieldQuantity:
		return []valueType{typeInteger, typeDecimal}
	case fieldProperty:
		return []valueType{typeString, typeInteger, typeDecimal, typeMoney, typeTimestamp}
	default:
		return []valueType{typeString, typeInteger, typeDecimal}
	}
}
