package httpsource

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of senders whose signature and headers are known.
const (
	WebhookGeneric     = "generic"
	WebhookShopify     = "shopify"
	WebhookWooCommerce = "woocommerce"
	WebhookStripe      = "stripe"
)

// Webhook is how the sender of a source's webhooks is recognised. Its zero
// values mean the defaults that the configuration documents.
type Webhook struct {
	Kind      string
	Secrets   []string // it may sign with any of them
	Tolerance time.Duration
	Topics    []string // empty: all
	MaxBytes  int

	// Of generic senders.
	Scheme          string
	SignatureHeader string
	SignaturePrefix string
	IDHeader        string
	TopicHeader     string
	Headers         []string // kept as $envelope.headers.NAME
}

// webhookSender is a Webhook, ready for use. It is immutable.
type webhookSender struct {
	source    *sourceState
	signature string // header, as those below in canonical form
	scheme    scheme
	prefix    string // of the signature
	signers   []*signer
	tolerance time.Duration // 0: no window
	triggered string        // header of the time that the window is for, where the signature has none
	members   []member      // of the envelope, by key
	headers   []member      // of its "headers", by key
	required  []string
	topic     string // header; empty: the body's "type"
	topics    map[string]bool
	pings     bool
	maxBytes  int
}

// member is a member of the envelope.
type member struct{ key, header string }

const (
	defaultTolerance = 5 * time.Minute
	defaultMaxBytes  = 1 << 20
)

// webhookSenders returns the sources that take webhooks, by name.
func (c *Config) webhookSenders() (map[string]*webhookSender, error) {
	senders := make(map[string]*webhookSender)
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Webhook == nil {
			continue
		}
		sender, err := newWebhookSender(s.Webhook, newSourceState(s, c.Meters))
		if err != nil {
			return nil, err
		}
		senders[s.Name] = sender
	}
	return senders, nil
}

func newWebhookSender(cfg *Webhook, source *sourceState) (*webhookSender, error) {
	s := &webhookSender{source: source, tolerance: cfg.Tolerance, maxBytes: cfg.MaxBytes}
	if s.maxBytes <= 0 {
		s.maxBytes = defaultMaxBytes
	}
	for _, secret := range cfg.Secrets {
		if secret != "" {
			s.signers = append(s.signers, newSigner(secret))
		}
	}
	if len(s.signers) == 0 {
		return nil, fmt.Errorf("%w: BUG: webhook source %q has no secret", ErrConfig, source.name)
	}
	if len(cfg.Topics) > 0 {
		s.topics = make(map[string]bool)
		for _, t := range cfg.Topics {
			s.topics[t] = true
		}
	}
	switch cfg.Kind {
	case WebhookShopify:
		s.shopify()
	case WebhookWooCommerce:
		s.woocommerce()
	case WebhookStripe:
		s.stripe()
	case WebhookGeneric, "":
		if err := s.generic(cfg); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: BUG: webhook source %q has kind %q", ErrConfig, source.name, cfg.Kind)
	}
	if s.scheme == timestamped && s.tolerance == 0 {
		s.tolerance = defaultTolerance
	}
	return s, nil
}

// shopify is what https://shopify.dev/docs/apps/build/webhooks says of headers.
func (s *webhookSender) shopify() {
	s.scheme, s.signature = ofBase64, "X-Shopify-Hmac-Sha256"
	s.topic, s.triggered = "X-Shopify-Topic", "X-Shopify-Triggered-At"
	s.required = []string{s.topic, "X-Shopify-Webhook-Id"}
	s.members = []member{
		{"api_version", "X-Shopify-Api-Version"},
		{"event_id", "X-Shopify-Event-Id"},
		{"id", "X-Shopify-Webhook-Id"},
		{"shop", "X-Shopify-Shop-Domain"},
		{"topic", s.topic},
		{"triggered_at", s.triggered},
	}
}

// woocommerce is what WC_Webhook sends.
func (s *webhookSender) woocommerce() {
	s.scheme, s.signature, s.topic, s.pings = ofBase64, "X-Wc-Webhook-Signature", "X-Wc-Webhook-Topic", true
	s.required = []string{s.topic, "X-Wc-Webhook-Delivery-Id"}
	s.members = []member{
		{"event", "X-Wc-Webhook-Event"},
		{"id", "X-Wc-Webhook-Delivery-Id"},
		{"resource", "X-Wc-Webhook-Resource"},
		{"source", "X-Wc-Webhook-Source"},
		{"topic", s.topic},
		{"webhook", "X-Wc-Webhook-Id"},
	}
}

// stripe needs no envelope: id, type and time of an event are in the body.
func (s *webhookSender) stripe() { s.scheme, s.signature = timestamped, "Stripe-Signature" }

func (s *webhookSender) generic(cfg *Webhook) error {
	var ok bool
	if s.scheme, ok = schemes[cfg.Scheme]; !ok {
		return fmt.Errorf("%w: BUG: webhook source %q has scheme %q", ErrConfig, s.source.name, cfg.Scheme)
	}
	s.signature, s.prefix = "X-Signature", cfg.SignaturePrefix
	if cfg.SignatureHeader != "" {
		s.signature = textproto.CanonicalMIMEHeaderKey(cfg.SignatureHeader)
	}
	if cfg.IDHeader != "" {
		s.members = append(s.members, member{"id", textproto.CanonicalMIMEHeaderKey(cfg.IDHeader)})
	}
	if cfg.TopicHeader != "" {
		s.topic = textproto.CanonicalMIMEHeaderKey(cfg.TopicHeader)
		s.members = append(s.members, member{"topic", s.topic})
	}
	for _, m := range s.members {
		s.required = append(s.required, m.header)
	}
	for _, name := range cfg.Headers {
		s.headers = append(s.headers, member{strings.ToLower(name), textproto.CanonicalMIMEHeaderKey(name)})
	}
	slices.SortFunc(s.headers, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return nil
}

// missing returns the first header that a delivery must have and has not.
func (s *webhookSender) missing(header http.Header) string {
	for _, name := range s.required {
		if header.Get(name) == "" {
			return name
		}
	}
	if s.triggered != "" && s.tolerance > 0 && header.Get(s.triggered) == "" {
		return s.triggered
	}
	return ""
}

// envelopeOf is what the headers say of the delivery, as JSON with sorted keys;
// "" when they say nothing.
func (s *webhookSender) envelopeOf(q *request, header http.Header) (string, *problem) {
	if p := s.inWindow(header.Get(s.triggered), q); p != nil {
		return "", p
	}
	b := append(q.out[:0], '{')
	headers := len(s.headers) == 0
	for _, m := range s.members {
		if !headers && m.key > "headers" {
			b, headers = s.appendHeaders(b, header), true
		}
		b = appendMember(b, m.key, header.Get(m.header))
	}
	if !headers {
		b = s.appendHeaders(b, header)
	}
	q.out = append(b, '}')
	switch {
	case len(q.out) == 2:
		return "", nil
	case len(q.out) > maxEnvelope:
		return "", newProblem(http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("The headers that are kept have more than %d bytes.", maxEnvelope))
	}
	return string(q.out), nil
}

func (s *webhookSender) appendHeaders(b []byte, header http.Header) []byte {
	from := len(b)
	if from > 1 {
		b = append(b, ',')
	}
	b = append(b, `"headers":{`...)
	start := len(b)
	for _, m := range s.headers {
		if value := header.Get(m.header); value != "" {
			if len(b) > start {
				b = append(b, ',')
			}
			b = appendText(append(appendText(b, m.key), ':'), value)
		}
	}
	if len(b) == start {
		return b[:from]
	}
	return append(b, '}')
}

// appendMember appends a member that has a value.
func appendMember(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	if len(b) > 1 {
		b = append(b, ',')
	}
	return appendText(append(appendText(b, key), ':'), value)
}

// appendText appends a text as JSON. Most headers need no escape.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return append(b, quote(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
