package cli_test

import (
	"io"
	"net/http"
	"strings"
)

const savedQuery = `{"definition":{"id":"weekly","title":"Revenue\u001b[31m","version":1,"sql":"SELECT 1"},"origin":"saved","version":"aa11","number":2,"by":"ann","at":"2026-11-22T08:00:00Z","yaml":"id: weekly # 2\n"}`

// savedAPI answers for saved queries; what is sent to be saved or run is looked at.
func savedAPI(mux *http.ServeMux) {
	answer := func(pattern, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	}
	const run = `{"due":"2026-11-16T08:00:00Z","started":"2026-11-16T08:00:01Z","elapsed_ms":12.4,"outcome":"sent","rows":1234,"missed":2,"attempts":1,"version":"aa11","targets":["sales","ops"]}`
	answer("GET /api/v1/queries", `{"queries":[{"id":"weekly","title":"Revenue","owner":"ann","origin":"saved","version":"aa11","parameters":2,"schedule":"0 8 * * 1","zone":"Europe/London",`+
		`"next":"2026-11-23T08:00:00Z","last_run":`+run+`},{"id":"ad-hoc","title":"Once","origin":"file","version":"bb22","parameters":0}],"targets":["sales"]}`)
	answer("GET /api/v1/queries/weekly", savedQuery)
	answer("GET /api/v1/queries/weekly/versions", `{"versions":[`+savedQuery+`,`+strings.NewReplacer(`"number":2`, `"number":1`, "# 2", "# 1").Replace(savedQuery)+`]}`)
	answer("GET /api/v1/queries/weekly/runs", `{"runs":[`+run+`],"next":"2026-11-23T08:00:00Z"}`)
	answer("POST /api/v1/queries/weekly/send", run)
	answer("DELETE /api/v1/queries/weekly", `{"restored":{"id":"weekly"}}`)
	mux.HandleFunc("PUT /api/v1/queries/weekly", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if name, password, ok := r.BasicAuth(); !ok || name != "ann" || password != "pw" {
			problem(w, 401, "A user's name and password are needed.", "")
			return
		}
		if strings.Contains(string(body), "titel") {
			problem(w, 422, `weekly.yaml:3:1: there is no key "titel"; did you mean "title"?`, "")
			return
		}
		_, _ = io.WriteString(w, savedQuery)
	})
	mux.HandleFunc("POST /api/v1/queries/weekly/run", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"arguments":{"country":"a=b"}`) {
			problem(w, 400, `There is no parameter "countri"; did you mean "country"?`, "")
			return
		}
		_, _ = io.WriteString(w, "n\r\n7\r\n")
	})
}
