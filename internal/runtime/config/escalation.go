package config

import "time"

// Escalation configures who is told what is wrong.
type Escalation struct {
	ConsoleURL string             `yaml:"console_url" check:"url" desc:"Address at which people reach the console, for links in messages. Empty: messages have no links."`
	Interval   time.Duration      `yaml:"interval" min:"100ms" max:"1h" desc:"How often the rules look at the quarantine."`
	Attempts   int                `yaml:"attempts" min:"1" max:"1000" desc:"Attempts to deliver a message, after which it is given up. It stays visible, and can be tried again."`
	RetryMin   time.Duration      `yaml:"retry_min" min:"10ms" max:"1h" desc:"Wait before the second attempt; it doubles with each."`
	RetryMax   time.Duration      `yaml:"retry_max" min:"10ms" max:"24h" desc:"Longest wait between attempts, unless the target asks for a longer one."`
	Timeout    time.Duration      `yaml:"timeout" min:"100ms" max:"10m" desc:"Time that an attempt may take."`
	Retention  time.Duration      `yaml:"retention" min:"1h" max:"87600h" desc:"How long closed incidents, and messages that were given up, are kept."`
	Rules      []EscalationRule   `yaml:"rules" desc:"What is escalated."`
	Targets    []EscalationTarget `yaml:"targets" desc:"Who is told."`
}

// EscalationRule says what is escalated, and to whom.
type EscalationRule struct {
	Name        string        `yaml:"name" check:"name" desc:"Name of the rule."`
	Signal      string        `yaml:"signal" desc:"Pattern of signals that other parts raise, such as 'check*', 'ledger*' or 'source.health'. Empty: the rule is about quarantined events."`
	Source      string        `yaml:"source" desc:"Pattern of sources, such as 'app-*'. Empty: all."`
	Category    string        `yaml:"category" desc:"Pattern of categories. Empty: all."`
	Rule        string        `yaml:"rule" desc:"Pattern of the rules that events broke. Empty: all."`
	GroupBy     []string      `yaml:"group_by" oneof:"source|category|rule" desc:"What has an incident of its own. Empty: source and rule."`
	Condition   string        `yaml:"condition" oneof:"|count|share|spike|age" desc:"count: threshold events within the window. share: threshold, from 0 to 1, of what the source sent within the window. spike: threshold times the mean of the windows before. age: the oldest open event is older than older_than. Empty: count."`
	Threshold   float64       `yaml:"threshold" min:"0" max:"1000000000" desc:"What the condition compares with."`
	AtLeast     int           `yaml:"at_least" min:"0" max:"1000000000" desc:"Events within the window, below which share and spike do not hold."`
	OlderThan   time.Duration `yaml:"older_than" min:"0s" max:"87600h" desc:"Age that the condition age compares with."`
	Window      time.Duration `yaml:"window" min:"0s" max:"720h" desc:"Time over which events are counted, by receipt. 0s: 5m."`
	Baseline    int           `yaml:"baseline" min:"0" max:"1000" desc:"Windows before the last, whose mean a spike is compared with. 0: 12."`
	Severity    string        `yaml:"severity" oneof:"|info|warning|error|critical" desc:"Severity of incidents; of a rule about signals the least that it takes. Empty: warning."`
	Targets     []string      `yaml:"targets" desc:"Names of those who are told."`
	CoolDown    time.Duration `yaml:"cool_down" min:"0s" max:"720h" desc:"How long the condition must not hold before the incident is closed."`
	UpdateEvery time.Duration `yaml:"update_every" min:"0s" max:"720h" desc:"Least time from one update of an incident to the next. 0s: 15m."`
}

// EscalationTarget is somebody who is told. One of its sections says how.
type EscalationTarget struct {
	Name       string           `yaml:"name" check:"name" desc:"Name of the target."`
	Slack      SlackTarget      `yaml:"slack" desc:"A channel of Slack."`
	PagerDuty  PagerDutyTarget  `yaml:"pagerduty" desc:"A service of PagerDuty."`
	Email      EmailTarget      `yaml:"email" desc:"E-mail addresses."`
	Webhook    WebhookTarget    `yaml:"webhook" desc:"POST to a URL."`
	Jira       JiraTarget       `yaml:"jira" desc:"Issues of a project of Jira."`
	ServiceNow ServiceNowTarget `yaml:"servicenow" desc:"Incidents of ServiceNow."`
}

// SlackTarget configures messages to Slack.
type SlackTarget struct {
	WebhookURL Secret `yaml:"webhook_url" desc:"URL of an incoming webhook. Empty: token and channel are used."`
	Token      Secret `yaml:"token" desc:"Token of a bot with the scope chat:write. The messages of an incident are one thread then."`
	Channel    string `yaml:"channel" desc:"Channel that the bot posts to: its id, or #name."`
	APIURL     string `yaml:"api_url" check:"url" desc:"Address of Slack's Web API. Empty: https://slack.com/api."`
}

// PagerDutyTarget configures events to PagerDuty.
type PagerDutyTarget struct {
	RoutingKey Secret `yaml:"routing_key" desc:"Key of an integration 'Events API v2'. Empty: no such target."`
	URL        string `yaml:"url" check:"url" desc:"Address that events are posted to. Empty: https://events.pagerduty.com/v2/enqueue."`
}

// EmailTarget configures mail.
type EmailTarget struct {
	Server   string   `yaml:"server" check:"address" desc:"Address of the SMTP server, such as mail.example:587. Empty: no such target."`
	TLS      string   `yaml:"tls" oneof:"|starttls|tls|none" desc:"How the connection is encrypted. Empty: starttls."`
	Username string   `yaml:"username" desc:"User name. Empty: no authentication."`
	Password Secret   `yaml:"password" desc:"Password."`
	From     string   `yaml:"from" desc:"Sender, such as 'Millrace <millrace@shop.example>'."`
	To       []string `yaml:"to" desc:"Recipients."`
}

// WebhookTarget configures messages by HTTP.
type WebhookTarget struct {
	URL     Secret   `yaml:"url" desc:"URL that messages are posted to, as JSON. Empty: no such target."`
	Secret  Secret   `yaml:"secret" desc:"Secret that requests are signed with: Millrace-Signature is t=SECONDS,v1=HEX, the HMAC-SHA256 of 't.body'. Empty: they are not signed."`
	Headers []Secret `yaml:"headers" desc:"Further headers of each request, as 'Name: value'."`
}

// JiraTarget configures issues of Jira.
type JiraTarget struct {
	URL        string `yaml:"url" check:"url" desc:"Address of Jira, such as https://shop.atlassian.net. Empty: no such target."`
	Version    int    `yaml:"version" min:"0" max:"3" desc:"Version of its REST API: 3 of the cloud, 2 of a server. 0: 3."`
	Username   string `yaml:"username" desc:"E-mail address of the user whose API token it is. Empty: the token is a personal access token."`
	Token      Secret `yaml:"token" desc:"Token."`
	Project    string `yaml:"project" desc:"Key of the project, such as SHOP."`
	IssueType  string `yaml:"issue_type" desc:"Type of the issues. Empty: Task."`
	Transition string `yaml:"transition" desc:"Transition that closes an issue. Empty: the first that leads to a status of the category done."`
}

// ServiceNowTarget configures incidents of ServiceNow.
type ServiceNowTarget struct {
	URL       string `yaml:"url" check:"url" desc:"Address of the instance, such as https://shop.service-now.com. Empty: no such target."`
	Username  string `yaml:"username" desc:"User name. Empty: the token is an OAuth token."`
	Password  Secret `yaml:"password" desc:"Password."`
	Token     Secret `yaml:"token" desc:"OAuth token, in place of name and password."`
	Group     string `yaml:"assignment_group" desc:"Group that incidents are assigned to."`
	Caller    string `yaml:"caller" desc:"Caller of the incidents."`
	CloseCode string `yaml:"close_code" desc:"Close code of resolved incidents. Empty: Solution provided."`
}

func defaultEscalation() Escalation {
	return Escalation{
		Interval: 15 * time.Second, Attempts: 20, RetryMin: time.Second, RetryMax: 10 * time.Minute, Timeout: 30 * time.Second, Retention: 30 * day,
		Rules: []EscalationRule{}, Targets: []EscalationTarget{},
	}
}
