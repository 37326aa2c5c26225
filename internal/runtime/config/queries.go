package config

// Queries configures saved queries and their schedules.
type Queries struct {
	Dir      string `yaml:"dir" desc:"Folder of saved queries (*.yaml). It is read again when a file changes; a query saved by the API or the console counts before a file of its id. Empty: none."`
	Rows     int    `yaml:"rows" min:"1" max:"1000000" desc:"Rows of a result that is sent on a schedule; the rest is cut off."`
	Bytes    Bytes  `yaml:"bytes" min:"1KiB" max:"8MiB" desc:"Size of such a result."`
	Parallel int    `yaml:"parallel" min:"1" max:"64" desc:"Scheduled runs at the same time; further ones wait."`
	Attempts int    `yaml:"attempts" min:"1" max:"20" desc:"Attempts of a scheduled run while the analytics store is busy."`
}

func defaultQueries() Queries { return Queries{Rows: 10_000, Bytes: 1 << 20, Parallel: 2, Attempts: 3} }
