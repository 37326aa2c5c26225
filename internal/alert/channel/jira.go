package channel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// JiraConfig says where issues are made.
type JiraConfig struct {
	URL        string
	Version    int    // of the REST API: 3 of the cloud, 2 of a server
	Username   string // e-mail address in the cloud; empty: the token is a personal access token
	Token      string
	Project    string // key
	IssueType  string
	Transition string // by which an issue is closed; empty: the first that leads to a status "done"
	Client     *http.Client
	Clock      clock.Clock
}

// NewJira returns a channel to a project of Jira.
func NewJira(cfg JiraConfig) alert.Channel {
	c := caller{client: cfg.Client, clock: cfg.Clock, name: "Jira", header: authorization(cfg.Username, "", cfg.Token)}
	return &jira{cfg, c, strings.TrimSuffix(cfg.URL, "/") + "/rest/api/" + strconv.Itoa(cfg.Version)}
}

type jira struct {
	cfg JiraConfig
	caller
	api string
}

const (
	jiraSummary  = 255
	jiraText     = 30_000 // of 32,767
	jiraComments = 100
)

// Send implements [alert.Channel]. The issue of an incident is found by its label: the
// key that was noted may be missing after a crash, and issues may be moved.
func (j *jira) Send(ctx context.Context, m *alert.Message) (string, error) {
	key, err := j.find(ctx, m)
	if err != nil {
		return "", err
	}
	switch {
	case key == "" && m.Kind == alert.KindClose:
		return "", nil // nobody was told that it began
	case key == "":
		return j.create(ctx, m)
	case m.Kind == alert.KindOpen || m.Kind == alert.KindTest:
		return key, nil // made by an attempt before
	}
	if err := j.comment(ctx, key, m); err != nil {
		return key, err
	}
	if m.Kind == alert.KindClose {
		return key, j.finish(ctx, key)
	}
	return key, nil
}

// label marks the issue of an incident.
func label(m *alert.Message) string { return "millrace-" + m.Incident }

func (j *jira) find(ctx context.Context, m *alert.Message) (string, error) {
	path := "/search/jql"
	if j.cfg.Version == 2 {
		path = "/search"
	}
	body := map[string]any{
		"jql":    fmt.Sprintf("project = %s AND labels = %s ORDER BY created ASC", strconv.Quote(j.cfg.Project), strconv.Quote(label(m))),
		"fields": []string{"status"}, "maxResults": 1,
	}
	var answer struct {
		Issues []struct {
			Key string `json:"key"`
		} `json:"issues"`
	}
	if err := j.get(ctx, request{method: http.MethodPost, url: j.api + path, body: body}, &answer); err != nil {
		return "", err
	}
	if len(answer.Issues) > 0 {
		return answer.Issues[0].Key, nil
	}
	return m.Ref, nil // a search may be some seconds behind
}

func (j *jira) create(ctx context.Context, m *alert.Message) (string, error) {
	fields := map[string]any{
		"project": map[string]string{"key": j.cfg.Project}, "issuetype": map[string]string{"name": j.cfg.IssueType},
		"summary": cut(heading(m), jiraSummary), "labels": []string{"millrace", label(m)},
		"description": j.text(m, ""),
	}
	var answer struct {
		Key string `json:"key"`
	}
	if err := j.get(ctx, request{method: http.MethodPost, url: j.api + "/issue", body: map[string]any{"fields": fields}}, &answer); err != nil {
		return "", err
	}
	if answer.Key == "" {
		return "", errors.New("an issue was made in Jira, but the answer does not say which")
	}
	return answer.Key, nil
}

// comment adds a comment unless one with the mark of the message is there.
func (j *jira) comment(ctx context.Context, key string, m *alert.Message) error {
	comments := j.api + "/issue/" + url.PathEscape(key) + "/comment"
	mark := "Message " + m.ID()
	there, err := j.do(ctx, request{method: http.MethodGet, url: comments + "?orderBy=-created&maxResults=" + strconv.Itoa(jiraComments)})
	if err != nil || strings.Contains(string(there), mark) {
		return err
	}
	_, err = j.do(ctx, request{method: http.MethodPost, url: comments, body: map[string]any{"body": j.text(m, mark)}})
	return err
}

// finish moves an issue to a status of the category "done", unless it has one.
func (j *jira) finish(ctx context.Context, key string) error {
	issue := j.api + "/issue/" + url.PathEscape(key)
	type status struct {
		Category struct {
			Key string `json:"key"`
		} `json:"statusCategory"`
	}
	var now struct {
		Fields struct {
			Status status `json:"status"`
		} `json:"fields"`
	}
	if err := j.get(ctx, request{method: http.MethodGet, url: issue + "?fields=status"}, &now); err != nil {
		return err
	}
	if now.Fields.Status.Category.Key == "done" {
		return nil
	}
	var answer struct {
		Transitions []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			To   status `json:"to"`
		} `json:"transitions"`
	}
	if err := j.get(ctx, request{method: http.MethodGet, url: issue + "/transitions"}, &answer); err != nil {
		return err
	}
	var names []string
	for _, t := range answer.Transitions {
		if t.Name == j.cfg.Transition || j.cfg.Transition == "" && t.To.Category.Key == "done" {
			_, err := j.do(ctx, request{method: http.MethodPost, url: issue + "/transitions", body: map[string]any{"transition": map[string]string{"id": t.ID}}})
			return err
		}
		names = append(names, t.Name)
	}
	return fmt.Errorf("issue %s of Jira has no transition that closes it, but %q; name one in jira.transition", key, names)
}

// text is a text field: a string in version 2, a document in version 3.
func (j *jira) text(m *alert.Message, mark string) any {
	paragraphs := append([]string{heading(m)}, details(m)...)
	if m.Link != "" {
		paragraphs = append(paragraphs, m.Link)
	}
	paragraphs = append(paragraphs, footer(m))
	if mark != "" {
		paragraphs = append(paragraphs, mark)
	}
	if j.cfg.Version == 2 {
		return cut(strings.Join(paragraphs, "\n\n"), jiraText)
	}
	content := make([]any, 0, len(paragraphs))
	for _, p := range paragraphs {
		content = append(content, map[string]any{
			"type": "paragraph", "content": []any{map[string]any{"type": "text", "text": cut(p, jiraText/len(paragraphs))}},
		})
	}
	return map[string]any{"type": "doc", "version": 1, "content": content}
}
