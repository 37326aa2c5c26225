package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// Kind is what was changed.
type Kind string

// The kinds of things that change.
const (
	Rules       Kind = "rules"
	Mapping     Kind = "mapping" // an adapter: a mapping file, or one of the binary's
	Job         Kind = "job"
	Contract    Kind = "contract"
	Contracts   Kind = "contracts" // the set of them, as rows name it
	Schema      Kind = "schema"
	Check       Kind = "check"
	Setting     Kind = "setting" // the configuration, without secrets
	Source      Kind = "source"  // what holds for it while the platform runs
	Enrichment  Kind = "enrichment"
	Quarantine  Kind = "quarantine"
	Patch       Kind = "patch"
	Escalation  Kind = "escalation"
	SavedQuery  Kind = "query"
	Statement   Kind = "statement" // of reconciliation
	Lake        Kind = "lake"
	JobRun      Kind = "job_run" // a restart or backfill
	ConsumerApp Kind = "consumer"
	Dashboard   Kind = "dashboard"
	Share       Kind = "share"
	Annotation  Kind = "annotation"
	Rollup      Kind = "rollup"
	Analysis    Kind = "analysis" // a run that somebody asked for
)

// Kinds are all kinds, for the API's description.
func Kinds() []Kind {
	return []Kind{
		Rules, Mapping, Job, Contract, Contracts, Schema, Check, Setting, Source, Enrichment, Quarantine, Patch,
		Escalation, SavedQuery, Statement, JobRun, ConsumerApp, Dashboard, Share, Annotation, Rollup, Analysis,
	}
}

// The actions of declared things. Others are named by who records them: waive, redrive,
// suspend, restart.
const (
	Created = "created"
	Changed = "changed"
	Removed = "removed"
)

// Entry is a change. Before and After are contents for people, or empty: files as they
// are, settings as JSON or YAML.
type Entry struct {
	ID            string    `json:"id"` // set by Record
	At            time.Time `json:"at"` // set by Record when zero; made later where two have the same
	By            string    `json:"by"`
	Action        string    `json:"action"`
	Kind          Kind      `json:"kind"`
	Name          string    `json:"name"`
	Before        string    `json:"before,omitempty"`
	After         string    `json:"after,omitempty"`
	VersionBefore string    `json:"version_before,omitempty"`
	VersionAfter  string    `json:"version_after,omitempty"`
	Reason        string    `json:"reason,omitempty"`
	Request       string    `json:"request,omitempty"` // how it came: the request, or the file
}

// Limits of an entry.
const (
	maxWordBytes    = 200
	maxReasonBytes  = 4 << 10
	maxContentBytes = 1 << 20
	maxDiffBytes    = 64 << 10
)

// ErrInvalid says that an entry cannot be kept as it is.
var ErrInvalid = errors.New("not an entry of the audit trail")

// check refuses an entry that would say nothing, and cuts what is too long: an action
// that was done must not go unrecorded because its reason is long.
func (e *Entry) check() error {
	for _, word := range []struct{ field, text string }{{"by", e.By}, {"action", e.Action}, {"kind", string(e.Kind)}, {"name", e.Name}} {
		if word.text == "" {
			return fmt.Errorf("%w: it has no %s", ErrInvalid, word.field)
		}
	}
	e.By, e.Name, e.Action = cut(e.By, maxWordBytes), cut(e.Name, maxWordBytes), cut(e.Action, maxWordBytes)
	e.VersionBefore, e.VersionAfter = cut(e.VersionBefore, maxWordBytes), cut(e.VersionAfter, maxWordBytes)
	e.Reason, e.Request = cut(e.Reason, maxReasonBytes), cut(e.Request, maxReasonBytes)
	e.Before, e.After = cut(e.Before, maxContentBytes), cut(e.After, maxContentBytes)
	return nil
}

// cut makes text valid UTF-8 of at most n bytes.
func cut(text string, n int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= n {
		return text
	}
	const mark = "… (cut)"
	n -= len(mark)
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + mark
}

// Diff is what changed from before to after as a unified diff, cut to 64 KiB; empty when
// nothing did.
func (e *Entry) Diff() string {
	text := diff.Diff("before", []byte(e.Before), "after", []byte(e.After))
	_, body, _ := strings.Cut(string(text), "\n") // its first line is a command
	return cut(body, maxDiffBytes)
}
