package channel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// SlackConfig says where messages to Slack go: to an incoming webhook, or with a token to
// a channel, where the messages of one incident are one thread.
type SlackConfig struct {
	WebhookURL string
	Token      string // of a bot, with the scope chat:write
	Channel    string
	APIURL     string // of the Web API; empty: https://slack.com/api
	Client     *http.Client
	Clock      clock.Clock
}

// The limits of blocks, in characters.
const (
	slackHeader  = 150
	slackSection = 3000
	slackText    = 4000
	slackTable   = 2600 // bytes of a table, whose escapes must fit a section
	slackFence   = "```"
)

// NewSlack returns a channel to Slack.
func NewSlack(cfg SlackConfig) alert.Channel {
	s := &slack{cfg: cfg, caller: caller{client: cfg.Client, clock: cfg.Clock, name: "Slack"}}
	if cfg.WebhookURL == "" {
		s.header = http.Header{"Authorization": {"Bearer " + cfg.Token}}
	}
	return s
}

type slack struct {
	cfg SlackConfig
	caller
}

type slackMessage struct {
	Channel  string       `json:"channel,omitempty"`
	ThreadTS string       `json:"thread_ts,omitempty"`
	Text     string       `json:"text"`
	Blocks   []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string       `json:"type"`
	Text     *slackObject `json:"text,omitempty"`
	Elements []any        `json:"elements,omitempty"`
}

type slackObject struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// Send implements [alert.Channel].
func (s *slack) Send(ctx context.Context, m *alert.Message) (string, error) {
	message := slackMessage{Text: cut(escapeSlack(heading(m)), slackText), Blocks: slackBlocks(m)}
	if s.cfg.WebhookURL != "" {
		_, err := s.do(ctx, request{method: http.MethodPost, url: s.cfg.WebhookURL, body: message})
		return "", err
	}
	message.Channel, message.ThreadTS = s.cfg.Channel, m.Ref
	api := s.cfg.APIURL
	if api == "" {
		api = "https://slack.com/api"
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
		TS    string `json:"ts"`
	}
	err := s.get(ctx, request{method: http.MethodPost, url: strings.TrimSuffix(api, "/") + "/chat.postMessage", body: message}, &answer)
	if err != nil {
		return "", err
	}
	if !answer.OK {
		err := fmt.Errorf("the message was not taken by Slack: %s", answer.Error)
		if slices.Contains([]string{"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"}, answer.Error) {
			return "", &alert.RefusedError{Reason: err}
		}
		return "", err
	}
	if answer.TS == "" {
		return "", errors.New("the message was taken by Slack, but the answer does not say where it is")
	}
	if m.Ref != "" {
		return m.Ref, nil // the thread is that of the first message
	}
	return answer.TS, nil
}

func slackBlocks(m *alert.Message) []slackBlock {
	blocks := []slackBlock{{Type: "header", Text: &slackObject{"plain_text", cut(heading(m), slackHeader)}}}
	text := escapeSlack(strings.Join(details(m), "\n"))
	if text != "" {
		blocks = append(blocks, slackBlock{Type: "section", Text: &slackObject{"mrkdwn", cut(text, slackSection)}})
	}
	if m.Result != nil {
		if table := asText(m.Result, maxShownRows, slackTable); table != "" {
			table = cut(escapeSlack(strings.ReplaceAll(table, slackFence, "'")), slackSection-2*len(slackFence)-1)
			blocks = append(blocks, slackBlock{Type: "section", Text: &slackObject{"mrkdwn", slackFence + "\n" + table + slackFence}})
		}
	}
	if strings.HasPrefix(m.Link, "http") {
		label := "Show the events"
		if m.Kind == alert.KindReport {
			label = "Open the query"
		}
		blocks = append(blocks, slackBlock{Type: "section", Text: &slackObject{"mrkdwn", "<" + escapeSlack(m.Link) + "|" + label + ">"}})
	}
	return append(blocks, slackBlock{Type: "context", Elements: []any{slackObject{"mrkdwn", cut(escapeSlack(footer(m)), slackSection)}}})
}

// escapeSlack escapes the three characters that Slack's text reserves.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
