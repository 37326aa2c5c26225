package console

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('a script that is long enough to be compressed')\n"

func testHandler(t *testing.T) http.Handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html><title>Millrace</title>")},
		"icon.svg":               {Data: []byte("<svg/>")},
		"assets/index-abc123.js": {Data: []byte(strings.Repeat(script, 50))},
		"assets/inter.woff2":     {Data: make([]byte, 4096)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestWhatIsServedWhere(t *testing.T) {
	h := testHandler(t)
	tests := []struct {
		name, target, accept   string
		status                 int
		contentType, cacheRule string
	}{
		{"the page", "/", "text/html", 200, "text/html; charset=utf-8", cacheAskAgain},
		{"a page inside it", "/events/8f1e", "text/html", 200, "text/html; charset=utf-8", cacheAskAgain},
		{"a page inside it whose id has a dot", "/events/a.b", "text/html,*/*", 200, "text/html; charset=utf-8", cacheAskAgain},
		{"an asset", "/assets/index-abc123.js", "*/*", 200, "text/javascript; charset=utf-8", cacheForEver},
		{"a font", "/assets/inter.woff2", "*/*", 200, "font/woff2", cacheForEver},
		{"a public file", "/icon.svg", "*/*", 200, "image/svg+xml", cacheAskAgain},
		{"an asset of an older build", "/assets/index-old.js", "*/*", 404, "text/plain; charset=utf-8", ""},
		{"a way out of the folder", "/../../etc/passwd.txt", "*/*", 404, "text/plain; charset=utf-8", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := get(h, tc.target, "Accept", tc.accept)
			if r.StatusCode != tc.status {
				t.Errorf("status = %d, want %d", r.StatusCode, tc.status)
			}
			if got := r.Header.Get("Content-Type"); got != tc.contentType {
				t.Errorf("Content-Type = %q, want %q", got, tc.contentType)
			}
			if got := r.Header.Get("Cache-Control"); got != tc.cacheRule {
				t.Errorf("Cache-Control = %q, want %q", got, tc.cacheRule)
			}
			if got := r.Header.Get("Content-Security-Policy"); got != policy {
				t.Errorf("Content-Security-Policy = %q, want the strict one", got)
			}
		})
	}
}

func TestCompressesTextWhenAsked(t *testing.T) {
	h := testHandler(t)
	tests := []struct {
		target, accepts, encoding string
	}{
		{"/assets/index-abc123.js", "gzip, br", "gzip"},
		{"/assets/index-abc123.js", "br, gzip;q=0.5", "gzip"},
		{"/assets/index-abc123.js", "gzip;q=0", ""},
		{"/assets/index-abc123.js", "", ""},
		{"/assets/inter.woff2", "gzip", ""},
		{"/icon.svg", "gzip", ""},
	}
	for _, tc := range tests {
		r := get(h, tc.target, "Accept-Encoding", tc.accepts)
		if got := r.Header.Get("Content-Encoding"); got != tc.encoding {
			t.Errorf("%s with Accept-Encoding %q: Content-Encoding = %q, want %q", tc.target, tc.accepts, got, tc.encoding)
		}
	}
	r := get(h, "/assets/index-abc123.js", "Accept-Encoding", "gzip")
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(unpacked); string(got) != strings.Repeat(script, 50) {
		t.Error("the unpacked script differs from the file")
	}
}

func TestAnswers304WhileTheFileIsTheSame(t *testing.T) {
	h := testHandler(t)
	for _, encoding := range []string{"", "gzip"} {
		etag := get(h, "/assets/index-abc123.js", "Accept-Encoding", encoding).Header.Get("ETag")
		r := get(h, "/assets/index-abc123.js", "Accept-Encoding", encoding, "If-None-Match", "W/"+etag)
		if r.StatusCode != http.StatusNotModified {
			t.Errorf("encoding %q: status = %d, want 304", encoding, r.StatusCode)
		}
	}
	if r := get(h, "/", "If-None-Match", `"another"`); r.StatusCode != http.StatusOK {
		t.Errorf("another tag: status = %d, want 200", r.StatusCode)
	}
}

func TestRefusesOtherMethods(t *testing.T) {
	w := httptest.NewRecorder()
	testHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST / = %d, Allow %q; want 405 and GET, HEAD", w.Code, w.Header().Get("Allow"))
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	testHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD / = %d with %d bytes, Content-Length %q", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestABuildWithoutAPageIsRefused(t *testing.T) {
	_, err := newHandler(fstest.MapFS{"icon.svg": {Data: []byte("<svg/>")}})
	if err == nil || !strings.Contains(err.Error(), "npm run build") {
		t.Errorf("err = %v, want one that says to run npm run build", err)
	}
}

// The committed bundle: the page's scripts and styles are all there, none is inline, and no source map is shipped.
func TestTheEmbeddedBundleIsWhole(t *testing.T) {
	h := Handler()
	page, err := io.ReadAll(get(h, "/").Body)
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllSubmatch(page, -1)
	if len(links) < 3 {
		t.Fatalf("the page links %d files, want at least a script, a style sheet and an icon", len(links))
	}
	for _, link := range links {
		if r := get(h, string(link[1]), "Accept", "*/*"); r.StatusCode != http.StatusOK {
			t.Errorf("%s = %d, want 200", link[1], r.StatusCode)
		}
	}
	if regexp.MustCompile(`<script>|<style|\son[a-z]+=`).Match(page) {
		t.Error("the page has inline code, which the content security policy refuses")
	}
	for name := range h.(*handler).files {
		if strings.HasSuffix(name, ".map") {
			t.Errorf("%s is a source map; build without them", name)
		}
	}
}
