package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/spell"
)

func (v *validator) health(c *Config) {
	h := &c.Quality.Health
	if h.SuspendShare > 0 && h.ThrottleShare >= h.SuspendShare {
		v.fail("quality.health.throttle_share", "is %g, which suspend_share (%g) makes useless; set it lower", h.ThrottleShare, h.SuspendShare)
	}
	if h.SuspendShare > 0 && h.RecoverShare > h.SuspendShare {
		v.fail("quality.health.recover_share", "is %g, above suspend_share (%g): a source would be active again that is suspended at once", h.RecoverShare, h.SuspendShare)
	}
}

// ways names the sections of a target that say how it is told.
func (t *EscalationTarget) ways() (names []string) {
	for _, w := range []struct {
		name string
		set  bool
	}{
		{"slack", t.Slack.WebhookURL != "" || t.Slack.Token != ""}, {"pagerduty", t.PagerDuty.RoutingKey != ""}, {"email", t.Email.Server != ""},
		{"webhook", t.Webhook.URL != ""}, {"jira", t.Jira.URL != ""}, {"servicenow", t.ServiceNow.URL != ""},
	} {
		if w.set {
			names = append(names, w.name)
		}
	}
	return names
}

// Kind names the section that says how the target is told.
func (t *EscalationTarget) Kind() string { return strings.Join(t.ways(), ", ") }

func (v *validator) escalation(c *Config) {
	if e := &c.Escalation; e.RetryMin > e.RetryMax {
		v.fail("escalation.retry_min", "is %s, more than retry_max, which is %s", e.RetryMin, e.RetryMax)
	}
	if len(c.Escalation.Rules) > 0 && c.Log.Group != "" {
		v.fail("escalation.rules", "cannot be in a consumer group (log.group), where each process would tell everything; run them in one process of their own")
	}
	var targets []string
	for i := range c.Escalation.Targets {
		t, at := &c.Escalation.Targets[i], fmt.Sprintf("escalation.targets[%d]", i)
		if slices.Contains(targets, t.Name) {
			v.fail(at+".name", "is %q, which another target has already; each needs its own", t.Name)
		}
		targets = append(targets, t.Name)
		switch ways := t.ways(); len(ways) {
		case 0:
			v.fail(at, "says nobody to tell; set slack.webhook_url, slack.token, pagerduty.routing_key, email.server, webhook.url, jira.url or servicenow.url")
		case 1:
			v.target(t, at)
		default:
			v.fail(at, "has several sections (%s); make a target of each, then one that is dead does not delay the others", t.Kind())
		}
	}
	names := map[string]bool{}
	for i := range c.Escalation.Rules {
		r, at := &c.Escalation.Rules[i], fmt.Sprintf("escalation.rules[%d]", i)
		if names[r.Name] {
			v.fail(at+".name", "is %q, which another rule has already; each needs its own", r.Name)
		}
		names[r.Name] = true
		v.escalationRule(r, at, targets)
	}
}

func (v *validator) escalationRule(r *EscalationRule, at string, targets []string) {
	if len(r.Targets) == 0 {
		v.fail(at+".targets", "must name somebody to tell")
	}
	for i, name := range r.Targets {
		if slices.Contains(targets, name) {
			continue
		}
		hint := ""
		if near := spell.Nearest(name, targets); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		v.fail(fmt.Sprintf("%s.targets[%d]", at, i), "is %q, which is none of escalation.targets%s", name, hint)
	}
	for _, p := range []struct{ name, pattern string }{{"signal", r.Signal}, {"source", r.Source}, {"category", r.Category}, {"rule", r.Rule}} {
		if _, err := path.Match(p.pattern, ""); err != nil {
			v.fail(at+"."+p.name, "is %q, which is no pattern: * stands for any characters, [ab] for one of them", p.pattern)
		}
	}
	if r.Signal != "" {
		if r.Condition != "" || r.Source+r.Category+r.Rule != "" || r.Threshold != 0 {
			v.fail(at, "has a signal, which says itself when it holds; leave condition, threshold, source, category and rule away, or the signal")
		}
		return
	}
	switch {
	case r.Condition == "age" && r.OlderThan <= 0:
		v.fail(at+".older_than", "must be set with condition age")
	case r.Condition != "age" && r.Threshold <= 0:
		v.fail(at+".threshold", "must be above 0")
	case r.Condition == "share" && r.Threshold > 1:
		v.fail(at+".threshold", "is %g; of a share it is at most 1", r.Threshold)
	}
}

func (v *validator) target(t *EscalationTarget, at string) {
	require := func(path string, missing bool, why string) {
		if missing {
			v.fail(at+"."+path, "must not be empty%s", why)
		}
	}
	isURL := func(text Secret) bool {
		u, err := url.Parse(string(text))
		return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
	}
	switch t.Kind() {
	case "slack":
		if t.Slack.WebhookURL != "" && !isURL(t.Slack.WebhookURL) {
			v.fail(at+".slack.webhook_url", "must be a URL such as https://hooks.slack.com/services/…")
		}
		require("slack.channel", t.Slack.Token != "" && t.Slack.Channel == "", " with a token")
	case "email":
		v.email(&t.Email, at+".email")
	case "webhook":
		if !isURL(t.Webhook.URL) {
			v.fail(at+".webhook.url", "must be a URL such as https://shop.example/hooks")
		}
		for j, h := range t.Webhook.Headers {
			if name, _, ok := strings.Cut(string(h), ":"); !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(string(h), "\r\n") {
				v.fail(fmt.Sprintf("%s.webhook.headers[%d]", at, j), "must be a header such as 'X-Shop: de'")
			}
		}
	case "jira":
		require("jira.token", t.Jira.Token == "", "")
		require("jira.project", t.Jira.Project == "", "")
		if t.Jira.Version == 1 {
			v.fail(at+".jira.version", "is 1; there are 2 and 3")
		}
	case "servicenow":
		require("servicenow.token", t.ServiceNow.Token == "" && t.ServiceNow.Password == "", " without username and password")
	}
}

func (v *validator) email(e *EmailTarget, at string) {
	if _, err := mail.ParseAddress(e.From); err != nil {
		v.fail(at+".from", "is %q; it must be an address such as 'Millrace <millrace@shop.example>'", e.From)
	}
	if len(e.To) == 0 {
		v.fail(at+".to", "must name a recipient")
	}
	for i, to := range e.To {
		if _, err := mail.ParseAddress(to); err != nil {
			v.fail(fmt.Sprintf("%s.to[%d]", at, i), "is %q; it must be an e-mail address", to)
		}
	}
	if e.Username != "" && e.TLS == "none" {
		v.fail(at+".tls", "is none, which would show the password to everybody on the way; set starttls or tls")
	}
}
