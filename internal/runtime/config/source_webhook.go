package config

import "time"

// WebhookSource configures how the senders of webhooks are recognised.
type WebhookSource struct {
	Kind           string        `yaml:"kind" oneof:"|generic|shopify|woocommerce|stripe" desc:"Whose webhooks they are, which says how they are signed and what their headers mean. Default generic. They are sent to POST /v1/webhooks/NAME, NAME being that of the source."`
	Secret         Secret        `yaml:"secret" desc:"Secret that the sender signs with. Empty: webhooks are not taken for this source."`
	PreviousSecret Secret        `yaml:"previous_secret" desc:"The secret before it, which is still taken while senders change over."`
	Topics         []string      `yaml:"topics" desc:"Topics that are taken, such as orders/create; of stripe, and without topic_header, they are the \"type\" in the body. Others are answered 200 and counted as rejected (topic_not_taken). Empty: all."`
	Tolerance      time.Duration `yaml:"tolerance" min:"0s" max:"8760h" desc:"How far the signed time of a delivery may be from now. Default 5m with stripe and the scheme timestamped. With shopify it is for X-Shopify-Triggered-At, which Shopify does not sign and keeps in its repetitions; by default there is no such window."`
	MaxBytes       Bytes         `yaml:"max_bytes" min:"0B" max:"16MiB" desc:"Size of a body, before and after decompression. Default 1MiB; 0B means that."`

	Scheme          string   `yaml:"scheme" oneof:"|hex|base64|timestamped" desc:"Of generic: how the HMAC-SHA256 is written. hex and base64 are of the body, timestamped is 't=SECONDS,v1=HEX' of 't.body'. Default hex."`
	SignatureHeader string   `yaml:"signature_header" desc:"Of generic: the header with the signature. Default X-Signature."`
	SignaturePrefix string   `yaml:"signature_prefix" desc:"Of generic: what stands before the signature in it, such as 'sha256='."`
	IDHeader        string   `yaml:"id_header" desc:"Of generic: the header with the id of the delivery, which repetitions share ($envelope.id). Empty: the mapping finds the identity in the body."`
	TopicHeader     string   `yaml:"topic_header" desc:"Of generic: the header with the topic ($envelope.topic)."`
	Headers         []string `yaml:"headers" desc:"Of generic: further headers to keep, as $envelope.headers.NAME with a name in lower case."`
}
