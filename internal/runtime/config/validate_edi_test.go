package config

import (
	"strings"
	"testing"
)

func TestAcknowledgementsNeedAnEDISourceAndAFolder(t *testing.T) {
	for text, want := range map[string]string{
		"adapter: x12, inbox: in, edi: {acknowledge: true}":          "",
		"adapter: edifact, edi: {acknowledge: true, directory: out}": "",
		"adapter: native, inbox: in, edi: {acknowledge: true}":       "only files of x12 and edifact are acknowledged",
		"adapter: x12, edi: {acknowledge: true}":                     "without an inbox, acknowledgements need a folder",
		"adapter: x12, inbox: in, edi: {directory: out}":             "needs acknowledge: true",
	} {
		_, err := load("sources: [{name: shop, " + text + "}]\n")
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
