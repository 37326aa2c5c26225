package channel_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
)

// The shapes are those of https://docs.slack.dev/reference/block-kit/blocks and
// https://docs.slack.dev/reference/methods/chat.postMessage: at most 50 blocks; the text
// of a header is plain_text of at most 150 characters, that of a section at most 3,000; a
// context has 1 to 10 elements; &, < and > are escaped in mrkdwn.

func checkBlocks(s *shape) {
	blocks, _ := s.object["blocks"].([]any)
	s.require(len(blocks) > 0 && len(blocks) <= 50, "%d blocks", len(blocks))
	for _, b := range blocks {
		block := shapeOf(b)
		switch block.object["type"] {
		case "header":
			shape := shapeOf(block.object["text"]).text("type", 20, "plain_text").text("text", 150)
			s.errs = append(s.errs, shape.errs...)
		case "section":
			shape := shapeOf(block.object["text"]).text("type", 20, "mrkdwn").text("text", 3000)
			s.errs = append(s.errs, shape.errs...)
			text, _ := shape.object["text"].(string)
			s.require(!strings.Contains(text, "<line>") && !strings.Contains(text, " & "), "a section is not escaped: %.80s", text)
		case "context":
			elements, _ := block.object["elements"].([]any)
			s.require(len(elements) >= 1 && len(elements) <= 10, "%d elements", len(elements))
			for _, e := range elements {
				s.errs = append(s.errs, shapeOf(e).text("type", 20, "mrkdwn").text("text", 3000).errs...)
			}
		default:
			s.require(false, "there is no block %v", block.object["type"])
		}
	}
}

func TestSlackWebhook(t *testing.T) {
	s := serve(t, func(r received) (int, any, error) {
		shape := shapeOf(r.body).only("text", "blocks").text("text", 40_000)
		checkBlocks(shape)
		shape.require(r.method == http.MethodPost && r.path == "/services/T0/B0/secret", "%s %s", r.method, r.path)
		return http.StatusOK, "ok", shape.err()
	})
	c := channel.NewSlack(channel.SlackConfig{WebhookURL: s.URL + "/services/T0/B0/secret", Client: client(t), Clock: fake()})
	for i, kind := range []alert.Kind{alert.KindOpen, alert.KindUpdate, alert.KindAcknowledge, alert.KindClose, alert.KindTest} {
		send(t, c, message(i+1, kind))
	}
	if s.count() != 5 {
		t.Errorf("%d requests, want 5", s.count())
	}
	// An invalid payload is answered with 400 and a word; the URL must not be in the error.
	s.fail(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "invalid_blocks", http.StatusBadRequest) })
	_, err := c.Send(t.Context(), message(1, alert.KindOpen))
	var refused *alert.RefusedError
	if !errors.As(err, &refused) || strings.Contains(err.Error(), "secret") {
		t.Errorf("400 is %v", err)
	}
}

func TestSlackPostsIntoTheThreadOfTheIncident(t *testing.T) {
	s := serve(t, func(r received) (int, any, error) {
		shape := shapeOf(r.body).only("channel", "thread_ts", "text", "blocks").text("channel", 80, "#data").text("text", 40_000)
		checkBlocks(shape)
		shape.require(r.method == http.MethodPost && r.path == "/api/chat.postMessage", "%s %s", r.method, r.path)
		shape.require(r.header.Get("Authorization") == "Bearer xoxb-1", "Authorization is %q", r.header.Get("Authorization"))
		return http.StatusOK, map[string]any{"ok": true, "channel": "C1", "ts": "1503435956.000247"}, shape.err()
	})
	c := channel.NewSlack(channel.SlackConfig{Token: "xoxb-1", Channel: "#data", APIURL: s.URL + "/api", Client: client(t), Clock: fake()})
	ref := send(t, c, message(1, alert.KindOpen))
	if ref != "1503435956.000247" || s.last().body["thread_ts"] != nil {
		t.Errorf("the first message: ref %q, thread %v", ref, s.last().body["thread_ts"])
	}
	m := message(2, alert.KindClose)
	m.Ref = ref
	if again := send(t, c, m); again != ref || s.last().body["thread_ts"] != ref {
		t.Errorf("the second message: ref %q, thread %v", again, s.last().body["thread_ts"])
	}
	// Errors of the Web API come with status 200.
	for answer, final := range map[string]bool{`{"ok":false,"error":"channel_not_found"}`: false, `{"ok":false,"error":"msg_too_long"}`: true} {
		s.fail(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
		_, err := c.Send(t.Context(), message(1, alert.KindOpen))
		var refused *alert.RefusedError
		if err == nil || errors.As(err, &refused) != final {
			t.Errorf("%s is %v", answer, err)
		}
	}
}
