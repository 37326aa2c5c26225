package config

import "time"

// Lake configures the lake: tables of Iceberg that other engines read, and that old rows of
// the analytics store rest in.
type Lake struct {
	Enabled           bool          `yaml:"enabled" desc:"Whether the lake is written. Rows that are in it already are read either way."`
	FlushInterval     time.Duration `yaml:"flush_interval" min:"1s" max:"24h" desc:"How long rows wait before they are written to the lake."`
	FlushRows         int           `yaml:"flush_rows" min:"1000" max:"1000000000" desc:"Events of the log that are written to the lake at once when so many wait."`
	HotDays           int           `yaml:"hot_days" min:"0" max:"36500" desc:"Events and their items that happened within so many days of the newest stay in the analytics store; older ones are read from the lake. 0: all stay."`
	KeepDays          LakeKeep      `yaml:"keep_days" desc:"How many days behind the newest row rows are kept in the lake, by table. They go by whole partitions. 0: for ever."`
	Partition         string        `yaml:"partition" oneof:"day|month" desc:"What a file of events or items spans. A month of a shop of 100,000 events a day is a file of the right size. Tables that are there keep theirs."`
	FileBytes         Bytes         `yaml:"file_bytes" min:"1MiB" max:"4GiB" desc:"Size of a file that compaction aims at."`
	SnapshotRetention time.Duration `yaml:"snapshot_retention" min:"1h" max:"87600h" desc:"How long a snapshot is kept once another has replaced it, for time travel. Branches and tags keep theirs."`
	OrphanGrace       time.Duration `yaml:"orphan_grace" min:"1h" max:"8760h" desc:"How long a file stays that no snapshot has."`
	S3                LakeS3        `yaml:"s3" desc:"A bucket for the files of the lake. The folder lake of the data folder then has a copy: the analytics store reads local files."`
	Catalog           LakeCatalog   `yaml:"catalog" desc:"A catalogue that is asked by Iceberg's REST protocol. Without one it is a database in the folder of the lake."`
}

// LakeS3 is a warehouse in an S3-compatible bucket.
type LakeS3 struct {
	Bucket    string `yaml:"bucket" desc:"Name of the bucket, which must exist. Empty: files are in the data folder only. Tables stay where they were made: set it before the first flush."`
	Prefix    string `yaml:"prefix" desc:"Folder in the bucket, such as shop/lake."`
	Endpoint  string `yaml:"endpoint" check:"url" desc:"URL of the store. Empty: https://s3.amazonaws.com."`
	Region    string `yaml:"region" desc:"Region of the bucket. Empty: us-east-1."`
	AccessKey string `yaml:"access_key" desc:"Access key. Empty: that of the environment, AWS_ACCESS_KEY_ID and so on."`
	SecretKey Secret `yaml:"secret_key" desc:"Secret key."`
}

// LakeCatalog is a catalogue of Iceberg's REST protocol.
type LakeCatalog struct {
	URI        string `yaml:"uri" check:"url" desc:"Address, such as https://catalog.example.com. Empty: none. Tables stay in the catalogue that they were made in: set it before the first flush."`
	Warehouse  string `yaml:"warehouse" desc:"Name that the catalogue gives to the warehouse. Empty: its default."`
	Token      Secret `yaml:"token" desc:"Bearer token."`
	Credential Secret `yaml:"credential" desc:"Client id and secret of OAuth, as ID:SECRET, by which a token is got."`
	AuthURI    string `yaml:"auth_uri" check:"url" desc:"Address that gives tokens. Empty: the catalogue's own."`
	Scope      string `yaml:"scope" desc:"Scope of the token. Empty: catalog."`
}

// LakeKeep is how long the tables of the lake keep rows.
type LakeKeep struct {
	Events     int `yaml:"events" min:"0" max:"36500" desc:"Events and their items; not less than hot_days."`
	Duplicates int `yaml:"duplicates" min:"0" max:"36500" desc:"Deliveries of events that had been received before."`
	Rejections int `yaml:"rejections" min:"0" max:"36500" desc:"Records refused at the door."`
}

func defaultLake() Lake {
	return Lake{
		Enabled: true, FlushInterval: time.Hour, FlushRows: 1_000_000, HotDays: 400, Partition: "month",
		FileBytes: 128 * MiB, SnapshotRetention: 7 * day, OrphanGrace: day,
	}
}
