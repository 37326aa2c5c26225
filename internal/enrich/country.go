package enrich

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/millrace/millrace/event"
)

//go:embed countries.tsv
var countriesTSV string

// countryLogic is the version of the code below; the table has its own digest.
const countryLogic = "1"

// Country turns country names, alpha-2 and alpha-3 codes into ISO 3166-1
// alpha-2 codes. The table and its four codes outside ISO's official ones are
// described in countries.tsv.
func Country() *Enrichment {
	codes := countryCodes()
	return standardize("country", version(countryLogic, countriesTSV), "country",
		func(b *event.Batch) *event.Dict { return &b.Country },
		func(value string) (string, Outcome) {
			if strings.TrimSpace(value) == "" {
				return "", Empty
			}
			code, ok := codes[fold(value)]
			switch {
			case !ok:
				return value, Missed
			case code == value:
				return value, Kept
			}
			return code, Changed
		})
}

// version is the logic's version and a short digest of its data.
func version(logic, data string) string {
	sum := sha256.Sum256([]byte(data))
	return logic + "." + hex.EncodeToString(sum[:3])
}

// countryCodes maps folded codes and names to alpha-2 codes.
var countryCodes = sync.OnceValue(func() map[string]string {
	codes, err := parseCountries(countriesTSV)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return codes
})

func parseCountries(table string) (map[string]string, error) {
	codes := make(map[string]string)
	number := 0
	for line := range strings.Lines(table) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) < 3 || len(columns) > 4 || len(columns[0]) != 2 {
			return nil, fmt.Errorf("countries.tsv:%d: want alpha-2, alpha-3, name and perhaps further names, separated by tabs", number)
		}
		names := columns[:3]
		if len(columns) == 4 {
			names = append(names, strings.Split(columns[3], ";")...)
		}
		for _, name := range names {
			key := fold(name)
			if other, ok := codes[key]; ok && other != columns[0] {
				return nil, fmt.Errorf("countries.tsv:%d: %q names %s and %s", number, name, other, columns[0])
			}
			if key != "" {
				codes[key] = columns[0]
			}
		}
	}
	return codes, nil
}

// fold brings spellings of one name together: lower case, without accents,
// punctuation and articles, "&" as "and", "St." as "Saint".
func fold(name string) string {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, " "), "&", " and ")
	words := strings.FieldsFunc(strings.ToLower(norm.NFD.String(name)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})
	kept := words[:0]
	for _, word := range words {
		switch word = strings.Map(dropMark, word); word {
		case "the", "":
			continue
		case "st":
			word = "saint"
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}

func dropMark(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}
