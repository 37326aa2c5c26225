package dashboard

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/millrace/millrace/internal/yamldoc"
)

// JSONSchema describes a dashboard's file as JSON Schema (draft 2020-12), for editors.
func JSONSchema() ([]byte, error) {
	return yamldoc.JSONSchema("Millrace dashboard", reflect.TypeFor[Board](), nil)
}

// ReferenceMarkdown is the page docs/dashboards-reference.md.
func ReferenceMarkdown() ([]byte, error) {
	var out strings.Builder
	out.WriteString(referenceHead)
	for _, e := range Defaults() {
		b := e.Board
		fmt.Fprintf(&out, "\n### %s\n\n`%s`. %s Opens with %s", b.Title, b.ID, b.Description, b.Range)
		if b.Compare != "" && b.Compare != compareNone {
			fmt.Fprintf(&out, ", compared with %s", comparedWith[b.Compare])
		}
		fmt.Fprintf(&out, "; filters: %s.\n\n| chart | kind | asks |\n|---|---|---|\n", strings.Join(b.Filters, ", "))
		for _, c := range b.Charts() {
			if c.Kind != KindText {
				fmt.Fprintf(&out, "| `%s` %s | %s | %s |\n", c.ID, c.Title, c.Kind, c.asks())
			}
		}
	}
	out.WriteString("\n## Kinds\n\n| kind | metrics | dimensions | grain |\n|---|---|---|---|\n")
	for _, kind := range []string{KindNumber, KindLine, KindArea, KindBar, KindTable, KindFunnel, KindHeatmap, KindText} {
		s := shapes[kind]
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", kind, s.metrics, s.by, map[string]string{"yes": "yes", "no": "none", "any": "may be"}[s.grain])
	}
	out.WriteString("\nOver time there is at most one dimension. Bars have dimensions or a grain; a heatmap has two dimensions, or one and a grain.\n\n## Keys\n")
	for _, section := range []struct {
		heading string
		of      reflect.Type
	}{
		{"The file", reflect.TypeFor[Board]()}, {"`rows[]`", reflect.TypeFor[BoardRow]()}, {"`charts[]`", reflect.TypeFor[BoardChart]()}, {"`filters[]` of a chart", reflect.TypeFor[BoardFilter]()},
	} {
		yamldoc.AppendTable(&out, section.heading, section.of)
	}
	fmt.Fprintf(&out, "\n## Limits\n\nA file has at most %d KiB, %d rows, %d charts and %d filters; a folder %d files. At most %d dashboards are saved, %d links and %d annotations kept.\n",
		maxBoardBytes>>10, maxRows, maxCharts, maxFilters, maxFiles, maxSaved, maxShares, maxAnnotations)
	return []byte(out.String()), nil
}

var comparedWith = map[string]string{"previous": "the period before", "year": "a year before"}

// asks says what a chart asks, in a line.
func (b *BoardChart) asks() string {
	text := "`" + strings.Join(b.Metrics, "`, `") + "`"
	if len(b.By) > 0 {
		text += " by " + strings.Join(b.By, ", ")
	}
	if b.Grain != "" && b.Grain != grainAuto {
		text += " per " + b.Grain
	}
	return text
}

func (s span) String() string {
	switch {
	case s.most == 0:
		return "none"
	case s.least == s.most:
		return fmt.Sprint(s.least)
	}
	return fmt.Sprintf("%d to %d", s.least, s.most)
}

const referenceHead = `<!-- Generated from internal/dashboard by "make generate". Do not edit. -->
# Dashboards reference

The dashboards that come with the platform, and every key of a dashboard's file. [dashboards.md](dashboards.md) is the guide;
[dashboards.schema.json](dashboards.schema.json) describes a file for editors; [metrics-reference.md](metrics-reference.md) has the metrics.

## Dashboards
`
