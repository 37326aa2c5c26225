package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/millrace/millrace/internal/store/record"
)

// The collections of the record store.
const (
	collectionSchema  = "schema"          // by id: the schema
	collectionDigest  = "schema_digest"   // by digest of the schema: its id
	collectionVersion = "schema_version"  // by subject and version: which schema
	collectionSetting = "schema_settings" // by subject, or globalKey: level and mode
)

// globalKey is that of the settings which hold where a subject has none of its own. No
// subject has it: their keys are escaped.
const globalKey = "/"

// Reference names a schema that another one refers to.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// stored is a schema in the store.
type stored struct {
	ID         int         `json:"id"`
	Type       string      `json:"type"`
	Text       string      `json:"text"`
	References []Reference `json:"references,omitempty"`
}

// version is a version of a subject in the store.
type version struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int    `json:"id"`
	Deleted bool   `json:"deleted,omitempty"`
}

// settings are those of a subject, or of all. What is empty is not set.
type settings struct {
	Level     Level `json:"level,omitempty"`
	Mode      Mode  `json:"mode,omitempty"`
	Normalize *bool `json:"normalize,omitempty"`
	NextID    int   `json:"next_id,omitempty"` // of the global ones only
}

// reader reads what a transaction of the record store has.
type reader struct{ record.Reader }

func (r reader) get(collection, key string, into any) (found bool, err error) {
	one, err := r.Get(collection, key)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, decode(collection, one, into)
}

func decode(collection string, one record.Record, into any) error {
	if err := json.Unmarshal(one.Value, into); err != nil {
		return fmt.Errorf("the record %s %q is damaged: %w", collection, one.Key, err)
	}
	return nil
}

func put(tx record.Tx, collection, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = tx.Put(collection, key, text)
	return err
}

func idKey(id int) string { return fmt.Sprintf("%010d", id) }

// subjectKey has no slash, and is no longer than keys may be.
func subjectKey(subject string) string { return url.PathEscape(subject) }

func versionKey(subject string, n int) string {
	return subjectKey(subject) + "/" + fmt.Sprintf("%010d", n)
}

// digest is equal for schemas that are one.
func digest(typ, canonical string, references []Reference) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n", typ, canonical)
	for _, r := range references {
		fmt.Fprintf(h, "%q %q %d\n", r.Name, r.Subject, r.Version)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r reader) schema(id int) (*stored, error) {
	s := new(stored)
	found, err := r.get(collectionSchema, idKey(id), s)
	if err == nil && !found {
		err = noSchema()
	}
	return s, err
}

// byDigest returns the id of a schema that is registered; 0 for one that is not.
func (r reader) byDigest(digest string) (int, error) {
	one, err := r.Get(collectionDigest, digest)
	if errors.Is(err, record.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(one.Value))
}

// versions returns those of a subject in their order, deleted ones too.
func (r reader) versions(subject string) ([]version, error) {
	return r.scanVersions(record.Range{Prefix: subjectKey(subject) + "/"})
}

func (r reader) scanVersions(in record.Range) ([]version, error) {
	found, err := r.Scan(collectionVersion, in)
	if err != nil {
		return nil, err
	}
	versions := make([]version, len(found))
	for i, one := range found {
		if err := decode(collectionVersion, one, &versions[i]); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// live leaves deleted versions out.
func live(versions []version) []version {
	var kept []version
	for _, v := range versions {
		if !v.Deleted {
			kept = append(kept, v)
		}
	}
	return kept
}

func (r reader) settings(key string) (settings, error) {
	var s settings
	_, err := r.get(collectionSetting, key, &s)
	return s, err
}

// effective returns what holds for a subject.
func (r reader) effective(subject string) (settings, error) {
	own, err := r.settings(subjectKey(subject))
	if err != nil {
		return own, err
	}
	global, err := r.settings(globalKey)
	if own.Level == "" {
		own.Level = global.Level
	}
	if own.Level == "" {
		own.Level = DefaultLevel
	}
	if own.Mode == "" {
		own.Mode = global.Mode
	}
	if own.Mode == "" {
		own.Mode = ReadWrite
	}
	if own.Normalize == nil {
		own.Normalize = global.Normalize
	}
	return own, err
}
