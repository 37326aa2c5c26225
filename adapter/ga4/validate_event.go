package ga4

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/adapter/internal/excerpt"
	"github.com/millrace/millrace/adapter/jsontext"
)

// reserved are the names that GA4 keeps for what it collects itself.
var reserved = func() map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(`
		ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install
		app_remove app_store_refund app_store_subscription_cancel app_store_subscription_convert app_store_subscription_renew
		app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error first_open
		first_visit in_app_purchase notification_dismiss notification_foreground notification_open notification_receive
		os_update session_start session_start_with_rollout user_engagement`) {
		set[name] = true
	}
	return set
}()

func (v *validator) events() {
	if v.Kind() != jsontext.Array {
		v.Value()
		v.report("events", valueInvalid, "events is no array.")
		return
	}
	n := 0
	for v.Array(); v.More(); n++ {
		if v.Kind() != jsontext.Object {
			v.Value()
			v.report("events", valueInvalid, "Event at index: [%d] is no object.", n)
			continue
		}
		v.event(n)
	}
	switch {
	case v.Err() != nil:
	case n == 0:
		v.report("events", valueRequired, "The body has no events.")
	case n > MaxEvents:
		v.report("events", exceededEntities, "The request has %d events, at most %d are allowed.", n, MaxEvents)
	}
}

// event checks the event that the cursor is at.
func (v *validator) event(n int) {
	at := fmt.Sprintf("Event at index: [%d]", n)
	var name string
	var f facts
	for v.Object(); v.More(); {
		switch v.Key().Raw {
		case "name":
			name = v.Value().Raw
		case "params":
			f = v.params(n)
		case "timestamp_micros":
			v.timestamp(fmt.Sprintf("events[%d].timestamp_micros", n))
		default:
			v.Value()
		}
	}
	if v.Err() != nil {
		return
	}
	if v.name("events", at, name, maxNameLength) && reserved[name] {
		v.report("events", nameReserved, "%s has name [%s], which is reserved.", at, name)
	}
	path := func(key string) string { return fmt.Sprintf("events[%d].params.%s", n, key) }
	if f.value && !f.currency {
		v.report(path("currency"), valueRequired, "%s has a value, which needs a currency.", at)
	}
	if (name == purchase || name == "refund") && !f.transaction {
		v.report(path("transaction_id"), valueRequired, "%s is a %s, which needs a transaction_id.", at, name)
	}
}

// facts are which parameters an event has.
type facts struct{ value, currency, transaction bool }

func (v *validator) params(n int) (f facts) {
	base := fmt.Sprintf("events[%d].params", n)
	if v.Kind() != jsontext.Object {
		v.Value()
		v.report(base, valueInvalid, "params is no object.")
		return f
	}
	var seen names
	for v.Object(); v.More(); {
		name := v.Key().Raw
		path := base + "." + excerpt.Of(name)
		v.name(path, fmt.Sprintf("Event at index: [%d] has a parameter that", n), name, maxNameLength)
		if seen.repeated(name) {
			v.report(path, nameDuplicated, "Parameter [%s] stands twice.", excerpt.Of(name))
		}
		if name == "items" {
			v.items(path)
			continue
		}
		value := v.Value()
		given := value.Kind != jsontext.Null && value.Raw != ""
		switch name {
		case "value":
			f.value = given
			if given && value.Kind != jsontext.Number {
				v.report(path, valueInvalid, "value [%s] is no number.", excerpt.Of(value.Raw))
			}
		case "currency":
			f.currency = given
			if given && (value.Kind != jsontext.String || len(value.Raw) != 3) {
				v.report(path, valueInvalid, "currency [%s] is no ISO 4217 code.", excerpt.Of(value.Raw))
			}
		case "transaction_id":
			f.transaction = given
		}
		// What GA4 documents as longer than other parameters.
		if name != "page_location" && name != "page_referrer" && name != "page_title" {
			v.length(path, "parameter ["+excerpt.Of(name)+"]", value, maxValueLength)
		}
	}
	if seen.count > maxParams {
		v.report(base, exceededEntities, "The event has %d parameters, at most %d are allowed.", seen.count, maxParams)
	}
	return f
}

func (v *validator) items(path string) {
	if v.Kind() != jsontext.Array {
		v.Value()
		v.report(path, valueInvalid, "items is no array.")
		return
	}
	n := 0
	for v.Array(); v.More(); n++ {
		at := fmt.Sprintf("%s[%d]", path, n)
		if v.Kind() != jsontext.Object {
			v.Value()
			v.report(at, valueInvalid, "The item is no object.")
			continue
		}
		named := false
		for v.Object(); v.More(); {
			key, value := v.Key().Raw, v.Value()
			if (key == "item_id" || key == "item_name") && value.Raw != "" && value.Kind != jsontext.Null {
				named = true
			}
		}
		if !named && v.Err() == nil {
			v.report(at+".item_id", valueRequired, "The item has neither item_id nor item_name; one is needed.")
		}
	}
	if n > maxItems {
		v.report(path, exceededEntities, "The event has %d items, at most %d are allowed.", n, maxItems)
	}
}
