package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/internal/gateway"
)

// diffAPI compares jobs as the platform does, by the name of job A.
func diffAPI(w http.ResponseWriter, r *http.Request) {
	var in gateway.DiffRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		problem(w, 400, err.Error(), "")
		return
	}
	if in.A.Job == "none" {
		problem(w, 404, `no such job: "none"; /api/v1/jobs lists those that run here.`, "")
		return
	}
	fmt.Fprint(w, "event: progress\ndata: {\"read\":512,\"of\":2048}\n\n: ping\n\n")
	switch {
	case in.A.Job == "cut":
	case in.A.Job == "broken":
		fmt.Fprint(w, "event: problem\ndata: {\"detail\":\"the log is gone\"}\n\n")
	case in.B.File != "":
		fmt.Fprint(w, `event: result
data: {"records":2048,"outputs":[{"kind":"table","name":"views","in_a":true,"in_b":true,"equal":9,"changed":1,"only_a":0,"only_b":0,"samples":[{"key":"shoes","a":{"views":3},"b":{"views":4}}]},{"kind":"topic","name":"more","in_a":false,"in_b":true,"equal":0,"changed":0,"only_a":0,"only_b":0,"samples":[]}]}

`)
	default:
		fmt.Fprintf(w, "event: result\ndata: {\"records\":%d,\"outputs\":[{\"kind\":\"table\",\"name\":\"views\",\"in_a\":true,\"in_b\":true,\"equal\":9,\"samples\":[]}]}\n\n", in.Since.Unix())
	}
}
