package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestFramedPageNamesTheSites(t *testing.T) {
	answer := httptest.NewRecorder()
	w := &framedWriter{ResponseWriter: answer, sites: "https://intranet.example.com"}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if _, err := w.Write([]byte("page")); err != nil {
		t.Fatal(err)
	}
	const want = "default-src 'none'; frame-ancestors https://intranet.example.com"
	if got := answer.Header().Get("Content-Security-Policy"); got != want || answer.Code != http.StatusOK {
		t.Errorf("%d, policy %q", answer.Code, got)
	}
}
