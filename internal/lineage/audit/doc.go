// Package audit keeps the trail of changes: who changed which rule file, mapping, job,
// contract, setting or source, or did something to quarantined events, when and why,
// with what it was before and after; and the content of every version of what events are
// read and judged with, so that the versions in a row's column `versions` can be read
// long after the files have changed.
//
// Entries are never changed and leave by age and number only. They are kept in the record
// store, newest first:
//
//	audit          inverted time, 16 hex digits   → an entry, without its contents
//	audit_content  SHA-256                         → a content, once however often it is meant
//	audit_version  kind/name/version               → a version, and when it was in use
//	audit_known    kind/name                       → what was declared when it was last looked at
package audit
