package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
)

// openAlert opens the desk that escalates.
func (p *platform) openAlert(ctx context.Context) (err error) {
	e := &p.cfg.Escalation
	targets := make(map[string]alert.Channel, len(e.Targets))
	client := channel.NewClient()
	for i := range e.Targets {
		t := &e.Targets[i]
		if targets[t.Name], err = p.channel(t, client); err != nil {
			return fmt.Errorf("escalation target %q: %w", t.Name, err)
		}
	}
	p.alerts, err = alert.Open(ctx, alert.Config{
		Store: p.records, Rules: escalationRules(e.Rules), Targets: targets, Series: heldSeries{p.olap, p.checkpoint.Ledger()},
		Clock: p.clock, Random: p.random, Logger: p.log,
		Interval: e.Interval, Attempts: e.Attempts, RetryMin: e.RetryMin, RetryMax: e.RetryMax, Timeout: e.Timeout,
		Retention: e.Retention, BaseURL: e.ConsoleURL,
	})
	if err != nil {
		return err
	}
	return p.metrics.Register(newAlertCollector(p.alerts))
}

func (p *platform) runAlert(ctx context.Context) error { return p.alerts.Run(ctx) }

// channel makes the channel to a target.
func (p *platform) channel(t *config.EscalationTarget, client *http.Client) (alert.Channel, error) {
	switch t.Kind() {
	case "slack":
		return channel.NewSlack(channel.SlackConfig{
			WebhookURL: t.Slack.WebhookURL.Reveal(), Token: t.Slack.Token.Reveal(), Channel: t.Slack.Channel, APIURL: t.Slack.APIURL,
			Client: client, Clock: p.clock,
		}), nil
	case "pagerduty":
		return channel.NewPagerDuty(channel.PagerDutyConfig{
			RoutingKey: t.PagerDuty.RoutingKey.Reveal(), URL: t.PagerDuty.URL, Client: client, Clock: p.clock,
		}), nil
	case "email":
		return channel.NewEmail(channel.EmailConfig{
			Address: t.Email.Server, TLS: cmp.Or(t.Email.TLS, "starttls"), Username: t.Email.Username, Password: t.Email.Password.Reveal(),
			From: t.Email.From, To: t.Email.To,
		})
	case "webhook":
		cfg := channel.WebhookConfig{URL: t.Webhook.URL.Reveal(), Secret: []byte(t.Webhook.Secret.Reveal()), Client: client, Clock: p.clock}
		for _, h := range t.Webhook.Headers {
			cfg.Headers = append(cfg.Headers, h.Reveal())
		}
		return channel.NewWebhook(cfg), nil
	case "jira":
		return channel.NewJira(channel.JiraConfig{
			URL: t.Jira.URL, Version: cmp.Or(t.Jira.Version, 3), Username: t.Jira.Username, Token: t.Jira.Token.Reveal(), Project: t.Jira.Project,
			IssueType: cmp.Or(t.Jira.IssueType, "Task"), Transition: t.Jira.Transition, Client: client, Clock: p.clock,
		}), nil
	case "servicenow":
		return channel.NewServiceNow(channel.ServiceNowConfig{
			URL: t.ServiceNow.URL, Username: t.ServiceNow.Username, Password: t.ServiceNow.Password.Reveal(), Token: t.ServiceNow.Token.Reveal(),
			Group: t.ServiceNow.Group, Caller: t.ServiceNow.Caller, CloseCode: cmp.Or(t.ServiceNow.CloseCode, "Solution provided"),
			Client: client, Clock: p.clock,
		}), nil
	}
	return nil, errors.New("it says nobody to tell") // validation refuses it
}

// The defaults of rules.
const (
	ruleWindow   = 5 * time.Minute
	ruleBaseline = 12
	ruleUpdates  = 15 * time.Minute
)

func escalationRules(configured []config.EscalationRule) []alert.Rule {
	rules := make([]alert.Rule, len(configured))
	for i, r := range configured {
		rules[i] = alert.Rule{
			Name: r.Name, Signal: r.Signal, Source: r.Source, Category: r.Category, Broken: r.Rule, By: r.GroupBy,
			Condition: alert.Condition(cmp.Or(r.Condition, "count")), Threshold: r.Threshold, AtLeast: int64(r.AtLeast),
			OlderThan: r.OlderThan, Window: cmp.Or(r.Window, ruleWindow), Baseline: cmp.Or(r.Baseline, ruleBaseline),
			Severity: alert.Severity(cmp.Or(r.Severity, "warning")), Targets: r.Targets, CoolDown: r.CoolDown, UpdateEvery: cmp.Or(r.UpdateEvery, ruleUpdates),
		}
		if len(r.GroupBy) == 0 {
			rules[i].By = []string{"source", "rule"}
		}
	}
	return rules
}

// heldSeries reads groups of quarantined events from their table, and what sources sent
// from the ledger's minutes.
type heldSeries struct {
	store  olap.Store
	ledger *ledger.Ledger
}

// maxHeldGroups bounds the groups that rules see; those with the most open events count.
const maxHeldGroups = 10_000

const heldGroups = `SELECT source, category, rule, bucket, sum(n), sum(open), min(oldest) FROM (
  SELECT source, category, rule,
    CASE WHEN received_at >= $1 AND received_at < $2 THEN (epoch_us(received_at) - epoch_us($1::TIMESTAMP)) // $3 ELSE -1 END AS bucket,
    count(*) AS n, count(*) FILTER (state = 'open') AS open, min(received_at) FILTER (state = 'open') AS oldest
  FROM quarantine WHERE state = 'open' OR received_at >= $1 GROUP BY ALL)
GROUP BY ALL ORDER BY sum(open) DESC, source, category, rule`

// Groups implements [alert.Series].
func (h heldSeries) Groups(ctx context.Context, q alert.Query) ([]alert.Group, error) {
	width := q.To.Sub(q.From).Microseconds() / int64(q.Buckets)
	result, err := h.store.Query(ctx, olap.Query{
		SQL: heldGroups, Args: []any{q.From.UTC(), q.To.UTC(), width}, Limits: olap.Limits{Rows: maxHeldGroups * (q.Buckets + 1)},
	})
	if err != nil {
		return nil, err
	}
	defer result.Close()
	type key struct{ source, category, rule string }
	groups := make(map[key]*alert.Group)
	var order []*alert.Group
	for {
		rows, err := result.Next()
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			k := key{text(row[0]), text(row[1]), text(row[2])}
			g := groups[k]
			if g == nil {
				g = &alert.Group{Source: k.source, Category: k.category, Rule: k.rule, Counts: make([]int64, q.Buckets)}
				groups[k], order = g, append(order, g)
			}
			if bucket := number(row[3]); bucket >= 0 && bucket < int64(q.Buckets) {
				g.Counts[bucket] += number(row[4])
			}
			g.Open += number(row[5])
			if oldest, ok := row[6].(time.Time); ok && (g.Oldest.IsZero() || oldest.Before(g.Oldest)) {
				g.Oldest = oldest
			}
		}
	}
	sent, err := h.sent(q.To.Add(-time.Duration(width)*time.Microsecond), q.To)
	out := make([]alert.Group, len(order))
	for i, g := range order {
		g.Sent = sent[g.Source]
		out[i] = *g
	}
	return out, err
}

// sent counts what each source sent in the minutes that a period touches.
func (h heldSeries) sent(from, to time.Time) (map[string]int64, error) {
	minutes, err := h.ledger.Rows(ledger.ByMinute, ledger.Filter{From: from.Truncate(time.Minute), To: to})
	sent := make(map[string]int64)
	for _, m := range minutes {
		sent[m.Source] += m.Received
	}
	return sent, err
}

func text(v any) string {
	s, _ := v.(string) // NULL is empty
	return s
}

func number(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case uint64:
		return int64(n)
	}
	return 0
}

// alertCollector gives Prometheus what the desk counts.
type alertCollector struct {
	desk                                *alert.Desk
	incidents, waiting, givenUp, missed *prometheus.Desc
	messages                            *prometheus.Desc
}

func newAlertCollector(desk *alert.Desk) *alertCollector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_escalation_"+name, help, labels, nil)
	}
	return &alertCollector{
		desk:      desk,
		incidents: describe("incidents", "Incidents that are not closed.", "state"),
		waiting:   describe("messages_waiting", "Messages that wait to be delivered."),
		givenUp:   describe("messages_given_up", "Messages in the outbox that were given up."),
		missed:    describe("missed_total", "Firings that opened no incident, since there are too many."),
		messages:  describe("messages_total", "What became of messages since the process started: delivered, failed (an attempt) or given_up.", "target", "outcome"),
	}
}

// Describe implements [prometheus.Collector].
func (c *alertCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.incidents, c.waiting, c.givenUp, c.missed, c.messages} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *alertCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	s := c.desk.Stats()
	gauge(c.incidents, s.Open, string(alert.StateOpen))
	gauge(c.incidents, s.Acknowledged, string(alert.StateAcknowledged))
	gauge(c.waiting, s.Waiting)
	gauge(c.givenUp, s.GivenUp)
	counter(c.missed, s.Missed)
	for target, n := range s.Targets {
		counter(c.messages, n.Delivered, target, "delivered")
		counter(c.messages, n.Failed, target, "failed")
		counter(c.messages, n.GivenUp, target, "given_up")
	}
}
