package grafana

// The types of this file are the part of Grafana's JSON model of a dashboard (schema
// version 39, Grafana 10.4 and later) that is written here.

// Dashboard is a dashboard of Grafana.
type Dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	SchemaVersion int        `json:"schemaVersion"`
	Version       int        `json:"version"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"` // 1: the crosshair is shared
	Timezone      string     `json:"timezone"`
	Refresh       string     `json:"refresh"`
	Time          TimeRange  `json:"time"`
	Links         []Link     `json:"links"`
	Templating    Templating `json:"templating"`
	Panels        []Panel    `json:"panels"`
}

// TimeRange is a range, as now-28d.
type TimeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Link leads to the other dashboards.
type Link struct {
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	KeepTime    bool     `json:"keepTime"`
	IncludeVars bool     `json:"includeVars"`
}

// Templating holds the variables.
type Templating struct {
	List []Variable `json:"list"`
}

// Variable is a choice of the reader.
type Variable struct {
	Type       string   `json:"type"` // datasource, query or custom
	Name       string   `json:"name"`
	Label      string   `json:"label"`
	Query      string   `json:"query"`
	Definition string   `json:"definition,omitempty"`
	Datasource *Source  `json:"datasource,omitempty"`
	Refresh    int      `json:"refresh,omitempty"` // 1: on load; 2: when the range changes
	Multi      bool     `json:"multi"`
	IncludeAll bool     `json:"includeAll"`
	AllValue   string   `json:"allValue,omitempty"`
	Current    Current  `json:"current"`
	Options    []Option `json:"options"`
	Hide       int      `json:"hide"`
}

// Current is what a variable begins with.
type Current struct {
	Text  any `json:"text,omitempty"`
	Value any `json:"value,omitempty"`
}

// Option is a choice of a custom variable.
type Option struct {
	Text     string `json:"text"`
	Value    string `json:"value"`
	Selected bool   `json:"selected"`
}

// Source names a data source.
type Source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Panel is a chart, or the title of a row.
type Panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description,omitempty"`
	GridPos         GridPos          `json:"gridPos"`
	Datasource      *Source          `json:"datasource,omitempty"`
	Targets         []Target         `json:"targets,omitempty"`
	FieldConfig     *FieldConfig     `json:"fieldConfig,omitempty"`
	Options         map[string]any   `json:"options,omitempty"`
	Transformations []Transformation `json:"transformations,omitempty"`
	Collapsed       *bool            `json:"collapsed,omitempty"` // of a row
	Panels          []Panel          `json:"panels,omitempty"`
}

// GridPos is where a panel stands, in a grid of 24 columns.
type GridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Target is what a panel asks: SQL of a PostgreSQL data source, or an expression of
// Prometheus.
type Target struct {
	RefID        string  `json:"refId"`
	Datasource   *Source `json:"datasource"`
	Format       string  `json:"format"` // table or time_series
	RawSQL       string  `json:"rawSql,omitempty"`
	RawQuery     bool    `json:"rawQuery,omitempty"`
	EditorMode   string  `json:"editorMode"`
	Expr         string  `json:"expr,omitempty"`
	LegendFormat string  `json:"legendFormat,omitempty"`
	Instant      bool    `json:"instant,omitempty"`
	Range        bool    `json:"range,omitempty"`
}

// FieldConfig says how values look.
type FieldConfig struct {
	Defaults  FieldDefaults `json:"defaults"`
	Overrides []Override    `json:"overrides"`
}

// FieldDefaults are those of all fields.
type FieldDefaults struct {
	Unit        string         `json:"unit,omitempty"`
	DisplayName string         `json:"displayName,omitempty"`
	Decimals    *int           `json:"decimals,omitempty"`
	Min         *int           `json:"min,omitempty"`
	Custom      map[string]any `json:"custom,omitempty"`
	Color       map[string]any `json:"color,omitempty"`
}

// Override is for one field.
type Override struct {
	Matcher    Matcher    `json:"matcher"`
	Properties []Property `json:"properties"`
}

// Matcher names fields.
type Matcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

// Property is a property of a field.
type Property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Transformation changes an answer before it is drawn.
type Transformation struct {
	ID      string         `json:"id"`
	Options map[string]any `json:"options"`
}
