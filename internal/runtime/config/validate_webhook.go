package config

import (
	"fmt"

	"golang.org/x/net/http/httpguts"
)

// webhooks checks what the settings of sources[].webhook mean together.
func (v *validator) webhooks(c *Config) {
	for i := range c.Sources {
		v.webhook(fmt.Sprintf("sources[%d].webhook", i), &c.Sources[i].Webhook)
	}
}

func (v *validator) webhook(path string, w *WebhookSource) {
	generic := []struct {
		key string
		set bool
	}{
		{"scheme", w.Scheme != ""},
		{"signature_header", w.SignatureHeader != ""},
		{"signature_prefix", w.SignaturePrefix != ""},
		{"id_header", w.IDHeader != ""},
		{"topic_header", w.TopicHeader != ""},
		{"headers", len(w.Headers) > 0},
	}
	described := w.Kind != "" || w.PreviousSecret != "" || len(w.Topics) > 0 || w.Tolerance > 0 || w.MaxBytes > 0
	known := w.Kind != "" && w.Kind != "generic"
	for _, g := range generic {
		described = described || g.set
		if g.set && known {
			v.fail(path+"."+g.key, "is for kind: generic; how %s signs is known", w.Kind)
		}
	}
	if described && w.Secret == "" {
		v.fail(path+".secret", "is missing; a webhook without a secret cannot be told from a forged one")
	}
	if w.Tolerance > 0 && (w.Kind == "woocommerce" || !known && w.Scheme != "timestamped") {
		v.fail(path+".tolerance", "is set, but the sender's signature has no time")
	}
	if w.SignaturePrefix != "" && w.Scheme == "timestamped" {
		v.fail(path+".signature_prefix", "is not for the scheme timestamped")
	}
	for _, name := range append([]string{w.SignatureHeader, w.IDHeader, w.TopicHeader}, w.Headers...) {
		if name != "" && !httpguts.ValidHeaderFieldName(name) {
			v.fail(path, "%q is no name of a header", name)
		}
	}
}
