package app

import (
	"github.com/millrace/millrace/internal/runtime/config"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// webhookOf returns how a source's webhooks are recognised; nil without a secret.
func webhookOf(w *config.WebhookSource) *httpsource.Webhook {
	if w.Secret == "" {
		return nil
	}
	return &httpsource.Webhook{
		Kind: w.Kind, Secrets: []string{w.Secret.Reveal(), w.PreviousSecret.Reveal()},
		Tolerance: w.Tolerance, Topics: w.Topics, MaxBytes: int(w.MaxBytes),
		Scheme: w.Scheme, SignatureHeader: w.SignatureHeader, SignaturePrefix: w.SignaturePrefix,
		IDHeader: w.IDHeader, TopicHeader: w.TopicHeader, Headers: w.Headers,
	}
}
