package config

// FileSource says which files of a folder are taken: of inbox, sftp or s3.
type FileSource struct {
	Patterns   []string `yaml:"patterns" desc:"Names to take, such as orders-*.csv, without folders. Empty: all but those that begin with a dot or end in .tmp or .part."`
	Manifest   string   `yaml:"manifest" desc:"Name of the file without which none is taken: *.done stands for orders.csv.done or orders.done of each, a name such as _SUCCESS for one of all files in its folder. It may list names, sizes, rows, sha256 and md5, as JSON or CSV, which are checked then."`
	Order      string   `yaml:"order" oneof:"|name|time" desc:"Whether the first by name or the oldest is taken first. Default name."`
	MaxBytes   Bytes    `yaml:"max_bytes" min:"0B" max:"16TiB" desc:"Longest file, as it is sent; a longer one fails. 0B: no limit but limits.file_bytes."`
	MaxFiles   int      `yaml:"max_files" min:"0" max:"1000000" desc:"Files that the folder may hold; with more of them, nothing is taken. Default 100000; 0 means that."`
	Increasing bool     `yaml:"increasing" desc:"Names only grow, as those with a date do: what sorts before the last one taken is never looked at again, so that a folder may hold any number of files that were taken."`
}
