package channel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// ServiceNowConfig says where incidents of ServiceNow are made.
type ServiceNowConfig struct {
	URL       string // of the instance
	Username  string
	Password  string
	Token     string // in place of both
	Group     string // assignment_group, if any
	Caller    string // caller_id, if any
	CloseCode string
	Client    *http.Client
	Clock     clock.Clock
}

// NewServiceNow returns a channel to the table incident of an instance.
func NewServiceNow(cfg ServiceNowConfig) alert.Channel {
	c := caller{client: cfg.Client, clock: cfg.Clock, name: "ServiceNow", header: authorization(cfg.Username, cfg.Password, cfg.Token)}
	return &serviceNow{cfg, c, strings.TrimSuffix(cfg.URL, "/") + "/api/now/table/incident"}
}

type serviceNow struct {
	cfg ServiceNowConfig
	caller
	table string
}

// The limits of an incident's fields, in characters.
const (
	snowShort       = 160
	snowDescription = 4000
)

// snowResolved is the state of an incident that is resolved.
const snowResolved = "6"

type snowRecord struct {
	SysID   string `json:"sys_id"`
	Number  string `json:"number"`
	State   string `json:"state"`
	Display string `json:"correlation_display"`
}

// Send implements [alert.Channel]. The record says in correlation_display which message it
// has seen last, in the same request that writes the note.
func (s *serviceNow) Send(ctx context.Context, m *alert.Message) (string, error) {
	found, err := s.find(ctx, m.Incident)
	if err != nil {
		return "", err
	}
	if found == nil {
		if m.Kind == alert.KindClose {
			return "", nil // nobody was told that it began
		}
		return s.create(ctx, m)
	}
	if seen(found.Display) >= m.Seq {
		return found.Number, nil
	}
	fields := map[string]string{"work_notes": snowNotes(m), "correlation_display": display(m.Seq)}
	if m.Kind == alert.KindClose && found.State != snowResolved && found.State != "7" {
		fields["state"] = snowResolved
		fields["close_code"] = s.cfg.CloseCode
		fields["close_notes"] = cut(strings.Join(append([]string{heading(m)}, details(m)...), "\n"), snowDescription)
	}
	_, err = s.do(ctx, request{method: http.MethodPatch, url: s.table + "/" + url.PathEscape(found.SysID), body: fields})
	return found.Number, err
}

func (s *serviceNow) find(ctx context.Context, incident string) (*snowRecord, error) {
	query := url.Values{
		"sysparm_query": {"correlation_id=millrace-" + incident}, "sysparm_limit": {"1"},
		"sysparm_fields": {"sys_id,number,state,correlation_display"},
	}
	var answer struct {
		Result []snowRecord `json:"result"`
	}
	err := s.get(ctx, request{method: http.MethodGet, url: s.table + "?" + query.Encode()}, &answer)
	if err != nil || len(answer.Result) == 0 {
		return nil, err
	}
	return &answer.Result[0], nil
}

func (s *serviceNow) create(ctx context.Context, m *alert.Message) (string, error) {
	urgency := map[alert.Severity]string{alert.Critical: "1", alert.Error: "1", alert.Warning: "2"}[m.Severity]
	if urgency == "" {
		urgency = "3"
	}
	fields := map[string]string{
		"short_description": cut(heading(m), snowShort), "description": cut(snowNotes(m), snowDescription),
		"urgency": urgency, "impact": urgency, "correlation_id": "millrace-" + m.Incident, "correlation_display": display(m.Seq),
	}
	if s.cfg.Group != "" {
		fields["assignment_group"] = s.cfg.Group
	}
	if s.cfg.Caller != "" {
		fields["caller_id"] = s.cfg.Caller
	}
	var answer struct {
		Result snowRecord `json:"result"`
	}
	if err := s.get(ctx, request{method: http.MethodPost, url: s.table, body: fields}, &answer); err != nil {
		return "", err
	}
	if answer.Result.SysID == "" {
		return "", errors.New("an incident was made in ServiceNow, but the answer does not say which")
	}
	return answer.Result.Number, nil
}

const displayPrefix = "Millrace message "

func display(seq int) string { return displayPrefix + strconv.Itoa(seq) }

// seen is the message that a record has seen last; 0 when somebody changed the field.
func seen(display string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(display, displayPrefix)) // 0 is what is wanted then
	return n
}

func snowNotes(m *alert.Message) string {
	lines := append([]string{heading(m)}, details(m)...)
	if m.Link != "" {
		lines = append(lines, m.Link)
	}
	return strings.Join(append(lines, footer(m)), "\n")
}

// authorization is a header: of a token, or of a name and a password.
func authorization(username, password, token string) http.Header {
	h := http.Header{}
	if token != "" && username == "" {
		h.Set("Authorization", "Bearer "+token)
		return h
	}
	if password == "" {
		password = token
	}
	r := &http.Request{Header: h}
	r.SetBasicAuth(username, password)
	return h
}
