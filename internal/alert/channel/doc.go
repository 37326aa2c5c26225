// Package channel delivers escalation messages: to Slack, PagerDuty, e-mail, webhooks,
// Jira and ServiceNow, in the form that each of them documents.
//
// Where the process is killed between sending a message and noting it, the message is
// sent again. PagerDuty recognises it by the dedup_key, Jira by a label and a line in the
// comment that are looked for first, ServiceNow by the correlation_id and
// correlation_display, a webhook's receiver by the header Idempotency-Key, and a mail
// server or reader by the Message-ID. Slack has nothing of the kind: there a message may
// come twice.
package channel
