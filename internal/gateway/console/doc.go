// Package console serves the web console. The built files are part of the binary: their source is in /web, and the
// bundle in dist/ is committed so that a clone builds with Go alone (`npm run check:dist` proves that the two agree).
package console
