package grafana

import (
	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Dashboards returns all dashboards: those of the console's boards, then those of the
// running processes.
func Dashboards(catalog *metric.Catalog) ([]*Dashboard, error) {
	var all []*Dashboard
	for _, e := range dashboard.Defaults() {
		d, err := newBoard(e.Board, catalog)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return append(all, platforms()...), nil
}

// Files returns everything that is in deploy/grafana.
func Files(catalog *metric.Catalog) ([]File, error) {
	all, err := Dashboards(catalog)
	if err != nil {
		return nil, err
	}
	files := []File{{"provisioning/datasources/millrace.yaml", []byte(datasources)}, {"provisioning/dashboards/millrace.yaml", []byte(provider)}}
	for _, d := range all {
		f, err := d.file()
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// The variables of these files are filled in by Grafana, from its environment.
const (
	datasources = `# Generated from internal/dashboard/grafana by "make generate". Do not edit.
apiVersion: 1
datasources:
  - name: Millrace
    uid: ` + sqlUID + `
    type: ` + postgres + `
    access: proxy
    url: $MILLRACE_SQL_ADDRESS
    user: $MILLRACE_SQL_USER
    secureJsonData:
      password: $MILLRACE_SQL_PASSWORD
    jsonData:
      database: millrace
      sslmode: $MILLRACE_SQL_SSLMODE
      postgresVersion: 1400
      timescaledb: false
      maxOpenConns: 4
      maxIdleConns: 2
      connMaxLifetime: 3600
  - name: Millrace processes
    uid: ` + prometheusUID + `
    type: ` + prometheus + `
    access: proxy
    url: $MILLRACE_PROMETHEUS_URL
    jsonData:
      timeInterval: 15s
      httpMethod: POST
`
	provider = `# Generated from internal/dashboard/grafana by "make generate". Do not edit.
apiVersion: 1
providers:
  - name: Millrace
    folder: Millrace
    type: file
    allowUiUpdates: false
    updateIntervalSeconds: 30
    options:
      path: $MILLRACE_DASHBOARDS
`
)
