package config

// WebhookSource configures how the senders of webhooks are recognised.
type WebhookSource struct {
	Secret Secret `yaml:"secret" desc:"Secret that the sender signs with. Empty: webhooks are not taken for this source."`
}
