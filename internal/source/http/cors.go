package httpsource

import "net/http"

// crossOrigin answers preflights, and lets pages of the configured origins read
// the answer of other requests. It is true when the request is answered.
//
// Beacons and other simple requests arrive without a preflight and are taken
// from any origin, as from any other sender: the write key decides, not the
// origin.
func (h *Handler) crossOrigin(w http.ResponseWriter, r *http.Request, origin string, e *endpoint, id string) bool {
	header := w.Header()
	header.Add("Vary", "Origin")
	allowed := h.origins[origin] || h.origins["*"]
	if allowed {
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		if e.collector {
			header.Set("Access-Control-Allow-Credentials", "true")
		}
	}
	if r.Method != http.MethodOptions {
		return false
	}
	if !allowed {
		newProblem(http.StatusForbidden, "Pages of "+origin+" may not post here. Add the origin to http.cors_origins.").write(w, id)
		return true
	}
	header.Set("Access-Control-Allow-Methods", e.methods())
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, SP-Anonymous, X-Request-Id")
	header.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return true
}
