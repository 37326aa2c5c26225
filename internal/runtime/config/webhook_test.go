package config

import (
	"strings"
	"testing"
)

func TestWebhookSettingsGoTogether(t *testing.T) {
	for settings, want := range map[string]string{
		`{secret: s}`:                "",
		`{kind: shopify, secret: s}`: "",
		`{kind: shopify, secret: s, previous_secret: t, topics: [orders/create], tolerance: 48h, max_bytes: 2MiB}`: "",
		`{kind: stripe, secret: s, tolerance: 1m}`:                                                         "",
		`{secret: s, scheme: timestamped, signature_header: Millrace-Signature, tolerance: 1m}`:            "",
		`{secret: s, signature_prefix: "sha256=", id_header: X-Id, topic_header: X-Topic, headers: [X-A]}`: "",

		`{kind: shopify}`:                                       "sources[0].webhook.secret is missing",
		`{id_header: X-Id}`:                                     "sources[0].webhook.secret is missing",
		`{kind: shopfy, secret: s}`:                             `did you mean "shopify"?`,
		`{kind: stripe, secret: s, scheme: hex}`:                "sources[0].webhook.scheme is for kind: generic; how stripe signs is known",
		`{kind: shopify, secret: s, headers: [X-A]}`:            "sources[0].webhook.headers is for kind: generic",
		`{secret: s, tolerance: 1m}`:                            "sources[0].webhook.tolerance is set, but the sender's signature has no time",
		`{kind: woocommerce, secret: s, tolerance: 1m}`:         "sources[0].webhook.tolerance is set, but the sender's signature has no time",
		`{secret: s, scheme: timestamped, signature_prefix: x}`: "sources[0].webhook.signature_prefix is not for the scheme timestamped",
		`{secret: s, id_header: "X Id"}`:                        `sources[0].webhook "X Id" is no name of a header`,
		`{secret: s, headers: ["a:b"]}`:                         `sources[0].webhook "a:b" is no name of a header`,
	} {
		_, err := load("sources: [{name: hooks, adapter: native, webhook: " + settings + "}]\n")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v\nwant %s", settings, err, want)
		}
	}
}
