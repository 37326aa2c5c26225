package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var dist embed.FS

const (
	indexName   = "index.html"
	assetFolder = "assets/"

	// Files in assets/ carry a hash of their content in their name.
	cacheForEver = "public, max-age=31536000, immutable"
	// Everything else is asked for again each time and answered with 304 while it is the same.
	cacheAskAgain = "no-cache"

	// Below this size compression saves less than a packet.
	compressFromBytes = 1024

	// The page runs only its own scripts and styles and talks only to its own server.
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// file is one embedded file, ready to be sent. It is never changed after it was made.
type file struct {
	plain       []byte
	gzipped     []byte // nil where compression does not pay
	contentType string
	etag        string
	cache       string
}

type handler struct {
	files map[string]*file
}

// Handler serves the console at every path: a file where one has that name, else the page itself, because the page
// reads its state from the address. A missing file with an extension is a 404, not the page. Handler is safe for
// concurrent use.
func Handler() http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("BUG: the embedded console has no dist folder: " + err.Error())
	}
	h, err := newHandler(built)
	if err != nil {
		panic("BUG: the embedded console cannot be read: " + err.Error())
	}
	return h
}

// newHandler reads and compresses all files once; the bundle is about 1 MB.
func newHandler(built fs.FS) (*handler, error) {
	h := &handler{files: make(map[string]*file)}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(built, name)
		if err != nil {
			return fmt.Errorf("cannot read %q: %w", name, err)
		}
		h.files[name], err = newFile(name, content)
		return err
	})
	if err != nil {
		return nil, err
	}
	if h.files[indexName] == nil {
		return nil, fmt.Errorf("cannot find %q: run `npm run build` in web/", indexName)
	}
	return h, nil
}

func newFile(name string, content []byte) (*file, error) {
	sum := sha256.Sum256(content)
	f := &file{
		plain:       content,
		contentType: contentTypeOf(name),
		etag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
		cache:       cacheAskAgain,
	}
	if strings.HasPrefix(name, assetFolder) {
		f.cache = cacheForEver
	}
	if len(content) < compressFromBytes || !isText(f.contentType) {
		return f, nil
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("cannot compress %q: %w", name, err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("cannot compress %q: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("cannot compress %q: %w", name, err)
	}
	f.gzipped = packed.Bytes()
	return f, nil
}

// contentTypes is our own: the mime package's table depends on the machine's files.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func contentTypeOf(name string) string {
	if known, ok := contentTypes[path.Ext(name)]; ok {
		return known
	}
	return "application/octet-stream"
}

func isText(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.HasPrefix(contentType, "image/svg")
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setPolicy(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the console answers GET and HEAD only", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f := h.files[name]
	if f == nil {
		if path.Ext(name) != "" && !strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Error(w, "the console has no file "+strconv.Quote(name), http.StatusNotFound)
			return
		}
		f = h.files[indexName]
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", f.cache)
	header.Set("Content-Type", f.contentType)
	body, etag := f.plain, f.etag
	if f.gzipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			// Another representation needs another tag (RFC 9110, 8.8.3.3).
			body, etag = f.gzipped, strings.TrimSuffix(f.etag, `"`)+`-gzip"`
		}
	}
	header.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		header.Del("Content-Type")
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	// The client is gone when this fails; there is nobody to tell.
	_, _ = w.Write(body)
}

func setPolicy(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// acceptsGzip reads an Accept-Encoding header; a coding with q=0 is refused.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		quality, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		if !found {
			return true
		}
		value, err := strconv.ParseFloat(quality, 64)
		return err == nil && value > 0
	}
	return false
}

// matches compares an If-None-Match header weakly (RFC 9110, 13.1.2).
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if tag == "*" || tag == etag {
			return true
		}
	}
	return false
}
