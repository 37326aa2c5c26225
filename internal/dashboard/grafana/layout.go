package grafana

import (
	"encoding/json"
	"fmt"
)

const (
	schemaVersion = 39
	columns       = 24 // of Grafana's grid
	tag           = "millrace"
)

// newDashboard is a dashboard without panels.
func newDashboard(id, title, description string) *Dashboard {
	return &Dashboard{
		UID: "millrace-" + id, Title: title, Description: description, Tags: []string{tag}, SchemaVersion: schemaVersion, Version: 1, Editable: true,
		GraphTooltip: 1, Timezone: "utc", Refresh: "10s", Time: TimeRange{"now-1h", "now"},
		Links:  []Link{{Type: "dashboards", Title: "Millrace", Tags: []string{tag}, AsDropdown: true, KeepTime: false}},
		Panels: []Panel{},
	}
}

// layout places panels from the left, line by line.
type layout struct {
	to      *Dashboard
	x, y, h int // of the line that is being filled
}

// row begins a row of panels, with a title where it has one.
func (l *layout) row(title string) {
	l.line()
	if title == "" {
		return
	}
	open := false
	l.place(Panel{Type: "row", Title: title, Collapsed: &open}, columns, 1)
	l.line()
}

// line ends a line.
func (l *layout) line() {
	l.y += l.h
	l.x, l.h = 0, 0
}

// place adds a panel of a width and height.
func (l *layout) place(p Panel, w, h int) {
	if l.x+w > columns {
		l.line()
	}
	p.ID = len(l.to.Panels) + 1
	p.GridPos = GridPos{X: l.x, Y: l.y, W: w, H: h}
	l.to.Panels = append(l.to.Panels, p)
	l.x += w
	l.h = max(l.h, h)
}

// sourceVariable lets the reader choose among data sources of a kind.
func sourceVariable(name, label, kind, uid string) Variable {
	return Variable{Type: "datasource", Name: name, Label: label, Query: kind, Refresh: 1, Current: Current{Text: label, Value: uid}, Options: []Option{}}
}

// File is a file of deploy/grafana.
type File struct {
	Name string // beneath the folder
	Text []byte
}

func (d *Dashboard) file() (File, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return File{}, fmt.Errorf("cannot write the dashboard %s: %w", d.UID, err)
	}
	return File{"dashboards/" + d.UID + ".json", append(text, '\n')}, nil
}
