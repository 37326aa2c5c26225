package ga4

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/internal/excerpt"
	"github.com/millrace/millrace/adapter/jsontext"
)

// Message is one finding of the validation server, in GA4's form.
type Message struct {
	FieldPath   string `json:"fieldPath,omitempty"`
	Description string `json:"description"`
	Code        string `json:"validationCode"`
}

// The codes of GA4's validation server.
const (
	valueInvalid     = "VALUE_INVALID"
	valueRequired    = "VALUE_REQUIRED"
	nameInvalid      = "NAME_INVALID"
	nameReserved     = "NAME_RESERVED"
	nameDuplicated   = "NAME_DUPLICATED"
	valueOutOfBounds = "VALUE_OUT_OF_BOUNDS"
	exceededEntities = "EXCEEDED_MAX_ENTITIES"
)

// The limits of the protocol ("Limitations" of its documentation).
const (
	maxParams          = 25
	maxItems           = 200
	maxUserProperties  = 25
	maxNameLength      = 40
	maxValueLength     = 100
	maxPropertyName    = 24
	maxPropertyValue   = 36
	backdatingMicros   = 72 * 3600 * 1_000_000
	maxMessages        = 100
	maxDuplicatesNamed = 2 * maxParams // of the names of an object, how many are compared
)

// Request is what a request says besides its body.
type Request struct {
	Body          []byte
	MeasurementID string
	FirebaseAppID string
	Now           int64 // µs since 1970
}

// Validate returns what GA4's validation server finds wrong with a request: at
// most 100 messages, none if it is good.
func Validate(q Request) []Message {
	v := validator{now: q.Now, app: q.FirebaseAppID != ""}
	switch {
	case q.MeasurementID == "" && q.FirebaseAppID == "":
		v.report("measurement_id", valueRequired, "The query needs a measurement_id (web stream) or a firebase_app_id (app stream).")
	case q.MeasurementID != "" && q.FirebaseAppID != "":
		v.report("measurement_id", valueInvalid, "The query has a measurement_id and a firebase_app_id; a request is for one stream.")
	}
	v.Reset(jsontext.View(q.Body))
	v.body()
	if err := v.End(); err != nil {
		return []Message{{"", fmt.Sprintf("Unable to parse the JSON payload: line %d, column %d: %s.", err.Line, err.Column, err.Message), valueInvalid}}
	}
	return v.found
}

type validator struct {
	jsontext.Cursor
	now   int64
	app   bool
	found []Message
}

func (v *validator) report(path, code, format string, args ...any) {
	if len(v.found) < maxMessages {
		v.found = append(v.found, Message{path, fmt.Sprintf(format, args...), code})
	}
}

// names notices repeated names of an object, and counts them.
type names struct {
	seen  []string
	count int
}

func (n *names) repeated(name string) bool {
	n.count++
	for _, s := range n.seen {
		if s == name {
			return true
		}
	}
	if len(n.seen) < maxDuplicatesNamed {
		n.seen = append(n.seen, name)
	}
	return false
}

func (v *validator) body() {
	var client, app, hasEvents bool
	for v.Object(); v.More(); {
		switch key := v.Key().Raw; key {
		case "client_id":
			client = v.id(key)
		case "app_instance_id":
			app = v.id(key)
		case "user_id":
			v.id(key)
		case "timestamp_micros":
			v.timestamp(key)
		case "user_properties":
			v.userProperties()
		case "events":
			hasEvents = true
			v.events()
		default:
			v.Value()
		}
	}
	if v.Err() != nil {
		return
	}
	if !hasEvents {
		v.report("events", valueRequired, "The body has no events.")
	}
	switch {
	case v.app && !app:
		v.report("app_instance_id", valueRequired, "An app stream needs an app_instance_id.")
	case !v.app && !client:
		v.report("client_id", valueRequired, "A web stream needs a client_id.")
	}
}

func (v *validator) id(key string) bool {
	value := v.Value()
	if value.Kind != jsontext.String || value.Raw == "" {
		v.report(key, valueInvalid, "%s is no text.", key)
		return false
	}
	return true
}

func (v *validator) timestamp(path string) {
	value := v.Value()
	at, ok := micros(value)
	switch {
	case !ok:
		v.report(path, valueInvalid, "timestamp_micros [%s] is no number of microseconds since 1970.", excerpt.Of(value.Raw))
	case at < v.now-backdatingMicros:
		v.report(path, valueOutOfBounds, "timestamp_micros [%s] is more than 72 hours ago.", value.Raw)
	}
}

func (v *validator) userProperties() {
	if v.Kind() != jsontext.Object {
		v.Value()
		v.report("user_properties", valueInvalid, "user_properties is no object.")
		return
	}
	var n names
	for v.Object(); v.More(); {
		name := v.Key().Raw
		v.name("user_properties", "User property", name, maxPropertyName)
		if n.repeated(name) {
			v.report("user_properties", nameDuplicated, "User property [%s] stands twice.", excerpt.Of(name))
		}
		if v.Kind() != jsontext.Object {
			v.Value()
			v.report("user_properties", valueInvalid, "User property [%s] is no object with a value.", excerpt.Of(name))
			continue
		}
		for v.Object(); v.More(); {
			if v.Key().Raw == "value" {
				v.length("user_properties", "user property ["+excerpt.Of(name)+"]", v.Value(), maxPropertyValue)
			} else {
				v.Value()
			}
		}
	}
	if n.count > maxUserProperties {
		v.report("user_properties", exceededEntities, "The request has %d user properties, at most %d are allowed.", n.count, maxUserProperties)
	}
}

// name checks the name of an event, a parameter or a user property.
func (v *validator) name(path, what, name string, limit int) bool {
	shown := excerpt.Of(name)
	switch {
	case name == "":
		v.report(path, valueRequired, "%s has no name.", what)
	case !isLetter(name[0]):
		v.report(path, nameInvalid, "%s has invalid name [%s]. Names must start with an alphabetic character.", what, shown)
	case strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !isLetter(byte(r)) && (r < '0' || r > '9') && r != '_' }):
		v.report(path, nameInvalid, "%s has invalid name [%s]. Names may have letters, digits and underscores only.", what, shown)
	case len(name) > limit:
		v.report(path, nameInvalid, "%s has invalid name [%s]. Names have at most %d characters.", what, shown, limit)
	case reservedPrefix(name):
		v.report(path, nameReserved, "%s has name [%s], whose prefix is reserved.", what, shown)
	default:
		return true
	}
	return false
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func reservedPrefix(name string) bool {
	return strings.HasPrefix(name, "firebase_") || strings.HasPrefix(name, "google_") || strings.HasPrefix(name, "ga_")
}

func (v *validator) length(path, what string, value jsontext.Value, limit int) {
	if value.Kind == jsontext.String {
		if n := utf8.RuneCountInString(value.Raw); n > limit {
			v.report(path, valueOutOfBounds, "The value of %s has %s characters, at most %d are allowed.", what, strconv.Itoa(n), limit)
		}
	}
}
