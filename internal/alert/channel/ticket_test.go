package channel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
)

// jiraServer keeps issues as Jira does. The shapes are those of
// https://developer.atlassian.com/cloud/jira/platform/rest/v3 (search by POST
// /search/jql, which needs fields; text fields are documents: type doc, version 1) and of
// https://docs.atlassian.com/software/jira/docs/api/REST (version 2: POST /search; text
// fields are strings). Making an issue and a comment answers 201, a transition 204; a
// summary has at most 255 characters and no line breaks, labels have no spaces.
type jiraServer struct {
	version string
	issues  map[string]*jiraIssue
	blind   bool // the search is behind
}

type jiraIssue struct {
	labels   []string
	comments []any
	done     bool
}

func (j *jiraServer) isText(v any) bool {
	if j.version == "2" {
		text, ok := v.(string)
		return ok && text != "" && len([]rune(text)) <= 32767
	}
	doc := shapeOf(v).only("type", "version", "content").text("type", 3, "doc")
	content, _ := doc.object["content"].([]any)
	ok := doc.err() == nil && doc.object["version"] == float64(1) && len(content) > 0
	total := 0
	for _, p := range content {
		paragraph := shapeOf(p).text("type", 20, "paragraph")
		inner, _ := paragraph.object["content"].([]any)
		for _, x := range inner {
			text := shapeOf(x).text("type", 10, "text").text("text", 32767)
			ok = ok && text.err() == nil
			total += len([]rune(text.object["text"].(string)))
		}
		ok = ok && paragraph.err() == nil && len(inner) > 0
	}
	return ok && total <= 32767
}

func (j *jiraServer) answer(r received) (int, any, error) {
	api := "/rest/api/" + j.version
	if !strings.HasPrefix(r.header.Get("Authorization"), "B") {
		return http.StatusUnauthorized, nil, fmt.Errorf("no Authorization")
	}
	path := strings.TrimPrefix(r.path, api)
	if path == r.path {
		return http.StatusNotFound, nil, fmt.Errorf("not below %s", api)
	}
	search := "/search/jql"
	if j.version == "2" {
		search = "/search"
	}
	switch {
	case r.method == http.MethodPost && path == search:
		return j.search(r)
	case r.method == http.MethodPost && path == "/issue":
		return j.create(r)
	}
	parts := strings.Split(strings.TrimPrefix(path, "/issue/"), "/")
	issue := j.issues[parts[0]]
	if issue == nil {
		return http.StatusNotFound, nil, fmt.Errorf("there is no issue %s", parts[0])
	}
	category := map[bool]string{true: "done", false: "new"}[issue.done]
	switch rest := strings.Join(parts[1:], "/"); {
	case r.method == http.MethodGet && rest == "":
		return http.StatusOK, map[string]any{"key": parts[0], "fields": map[string]any{"status": map[string]any{"statusCategory": map[string]any{"key": category}}}}, nil
	case r.method == http.MethodGet && rest == "comment":
		return http.StatusOK, map[string]any{"comments": issue.comments, "total": len(issue.comments)}, nil
	case r.method == http.MethodPost && rest == "comment":
		issue.comments = append(issue.comments, map[string]any{"id": "1", "body": r.body["body"]})
		return http.StatusCreated, map[string]any{"id": "1"}, shapeOf(r.body).only("body").require(j.isText(r.body["body"]), "the text is malformed").err()
	case r.method == http.MethodGet && rest == "transitions":
		return http.StatusOK, map[string]any{"transitions": []any{
			map[string]any{"id": "11", "name": "Start", "to": map[string]any{"statusCategory": map[string]any{"key": "indeterminate"}}},
			map[string]any{"id": "31", "name": "Done", "to": map[string]any{"statusCategory": map[string]any{"key": "done"}}},
		}}, nil
	case r.method == http.MethodPost && rest == "transitions":
		id := shapeOf(r.body["transition"]).only("id").text("id", 10)
		issue.done = id.object["id"] == "31"
		return http.StatusNoContent, nil, id.err()
	}
	return http.StatusNotFound, nil, fmt.Errorf("there is no such operation")
}

func (j *jiraServer) search(r received) (int, any, error) {
	s := shapeOf(r.body).only("jql", "fields", "maxResults").text("jql", 1000)
	fields, _ := r.body["fields"].([]any)
	s.require(len(fields) > 0, "fields are required")
	found := []any{}
	for key, issue := range j.issues {
		for _, label := range issue.labels {
			if label != "millrace" && strings.Contains(r.body["jql"].(string), `labels = "`+label+`"`) && !j.blind {
				found = append(found, map[string]any{"id": "1", "key": key})
			}
		}
	}
	return http.StatusOK, map[string]any{"issues": found, "isLast": true}, s.err()
}

func (j *jiraServer) create(r received) (int, any, error) {
	s := shapeOf(r.body["fields"]).only("project", "issuetype", "summary", "description", "labels").text("summary", 255)
	s.require(shapeOf(s.object["project"]).text("key", 10, "SHOP").err() == nil, "project")
	s.require(shapeOf(s.object["issuetype"]).text("name", 40, "Bug").err() == nil, "issuetype")
	s.require(!strings.ContainsAny(s.object["summary"].(string), "\r\n"), "summary has line breaks")
	s.require(j.isText(s.object["description"]), "the description is malformed")
	issue := new(jiraIssue)
	labels, _ := s.object["labels"].([]any)
	for _, l := range labels {
		s.require(!strings.Contains(l.(string), " "), "the label %v has a space", l)
		issue.labels = append(issue.labels, l.(string))
	}
	key := fmt.Sprintf("SHOP-%d", len(j.issues)+1)
	j.issues[key] = issue
	return http.StatusCreated, map[string]any{"id": "10000", "key": key, "self": "https://x"}, s.err()
}

func TestJira(t *testing.T) {
	for version, number := range map[string]int{"2": 2, "3": 3} {
		t.Run("version "+version, func(t *testing.T) {
			j := &jiraServer{version: version, issues: map[string]*jiraIssue{}}
			s := serve(t, j.answer)
			c := channel.NewJira(channel.JiraConfig{
				URL: s.URL + "/", Version: number, Username: "ann@shop.example", Token: "t", Project: "SHOP", IssueType: "Bug", Client: client(t), Clock: fake(),
			})
			steps := []alert.Kind{alert.KindOpen, alert.KindUpdate, alert.KindAcknowledge, alert.KindClose}
			for i, kind := range steps {
				if ref := send(t, c, message(i+1, kind)); ref != "SHOP-1" {
					t.Errorf("%s: ref %q", kind, ref)
				}
				// The process was killed before it could note that: nothing comes twice.
				send(t, c, message(i+1, kind))
			}
			issue := j.issues["SHOP-1"]
			if len(j.issues) != 1 || len(issue.comments) != 3 || !issue.done {
				t.Errorf("%d issues, %d comments, done %v; want 1, 3, true", len(j.issues), len(issue.comments), issue.done)
			}
			// The search does not see the issue yet, the noted key does.
			j.blind = true
			m := message(5, alert.KindUpdate)
			m.Ref = "SHOP-1"
			send(t, c, m)
			if len(j.issues) != 1 || len(issue.comments) != 4 {
				t.Errorf("%d issues, %d comments; want 1, 4", len(j.issues), len(issue.comments))
			}
		})
	}
}

func TestJiraNeedsATransition(t *testing.T) {
	j := &jiraServer{version: "3", issues: map[string]*jiraIssue{}}
	s := serve(t, j.answer)
	c := channel.NewJira(channel.JiraConfig{
		URL: s.URL, Version: 3, Token: "pat", Project: "SHOP", IssueType: "Bug", Transition: "Ship it", Client: client(t), Clock: fake(),
	})
	send(t, c, message(1, alert.KindOpen))
	if _, err := c.Send(t.Context(), message(2, alert.KindClose)); err == nil || !strings.Contains(err.Error(), `"Start" "Done"`) {
		t.Errorf("the error is %v", err)
	}
	if got := s.last().header.Get("Authorization"); got != "Bearer pat" {
		t.Errorf("Authorization is %q", got)
	}
}

// snowServer keeps incidents. The shapes are those of ServiceNow's Table API: GET with
// sysparm_query, sysparm_fields and sysparm_limit answers {"result": […]}, POST answers
// 201 and PATCH 200 with {"result": {…}}; values are strings; urgency and impact are 1 to
// 3, short_description has at most 160 characters, correlation_id and correlation_display
// 100; an incident that is resolved (state 6) needs close_code and close_notes.
type snowServer struct{ records map[string]map[string]string }

func (n *snowServer) answer(r received) (int, any, error) {
	name, password, ok := (&http.Request{Header: r.header}).BasicAuth()
	if !ok || name != "millrace" || password != "pw" {
		return http.StatusUnauthorized, nil, fmt.Errorf("who are you?")
	}
	const table = "/api/now/table/incident"
	fields := map[string]string{}
	if len(r.raw) > 0 {
		if err := json.Unmarshal(r.raw, &fields); err != nil {
			return http.StatusBadRequest, nil, err
		}
	}
	s := shapeOf(r.body)
	switch id := strings.TrimPrefix(strings.TrimPrefix(r.path, table), "/"); {
	case r.method == http.MethodGet && r.path == table:
		query, err := url.ParseQuery(r.query)
		result := []any{}
		for sysID, rec := range n.records {
			if query.Get("sysparm_query") == "correlation_id="+rec["correlation_id"] {
				result = append(result, map[string]string{"sys_id": sysID, "number": rec["number"], "state": rec["state"], "correlation_display": rec["correlation_display"]})
			}
		}
		return http.StatusOK, map[string]any{"result": result}, err
	case r.method == http.MethodPost && r.path == table:
		s.only("short_description", "description", "urgency", "impact", "correlation_id", "correlation_display", "assignment_group", "caller_id").
			text("short_description", 160).text("description", 4000).text("urgency", 1, "1", "2", "3").text("impact", 1, "1", "2", "3").
			text("correlation_id", 100).text("correlation_display", 100).text("assignment_group", 80, "Data")
		sysID := fmt.Sprintf("%032d", len(n.records)+1)
		fields["number"], fields["state"] = fmt.Sprintf("INC%07d", len(n.records)+1), "1"
		n.records[sysID] = fields
		return http.StatusCreated, map[string]any{"result": map[string]string{"sys_id": sysID, "number": fields["number"]}}, s.err()
	case r.method == http.MethodPatch && n.records[id] != nil:
		s.only("work_notes", "correlation_display", "state", "close_code", "close_notes").text("work_notes", 1<<20).text("correlation_display", 100)
		if fields["state"] == "6" {
			s.text("close_code", 100).text("close_notes", 4000)
		}
		rec := n.records[id]
		for k, v := range fields {
			if k == "work_notes" {
				rec["notes"] += "|"
				continue
			}
			rec[k] = v
		}
		return http.StatusOK, map[string]any{"result": map[string]string{"sys_id": id}}, s.err()
	}
	return http.StatusNotFound, nil, fmt.Errorf("there is no such operation")
}

func TestServiceNow(t *testing.T) {
	n := &snowServer{records: map[string]map[string]string{}}
	s := serve(t, n.answer)
	c := channel.NewServiceNow(channel.ServiceNowConfig{
		URL: s.URL + "/", Username: "millrace", Password: "pw", Group: "Data", CloseCode: "Solution provided", Client: client(t), Clock: fake(),
	})
	// Who was never told that something began is not told that it is over.
	if ref := send(t, c, message(9, alert.KindClose)); ref != "" || len(n.records) != 0 {
		t.Errorf("closing what is not there: ref %q, %d incidents", ref, len(n.records))
	}
	for i, kind := range []alert.Kind{alert.KindOpen, alert.KindUpdate, alert.KindAcknowledge, alert.KindClose} {
		for range 2 { // the second time after a crash
			if ref := send(t, c, message(i+1, kind)); ref != "INC0000001" {
				t.Errorf("%s: ref %q", kind, ref)
			}
		}
	}
	rec := n.records[fmt.Sprintf("%032d", 1)]
	if len(n.records) != 1 || rec["notes"] != "|||" || rec["state"] != "6" {
		t.Errorf("%d incidents, notes %q, state %q; want 1, |||, 6", len(n.records), rec["notes"], rec["state"])
	}
}
