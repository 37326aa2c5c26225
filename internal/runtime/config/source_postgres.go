package config

import "time"

// PostgresSource configures a PostgreSQL database as a source.
type PostgresSource struct {
	URL             Secret        `yaml:"url" desc:"Connection URL, such as postgres://user:password@host:5432/shop. Empty: no such source."`
	Tables          []string      `yaml:"tables" desc:"Tables to take, such as orders or shop.orders; public without a schema."`
	Outbox          Outbox        `yaml:"outbox" desc:"A transactional outbox to take messages from, instead of tables."`
	Publication     string        `yaml:"publication" desc:"Name of the publication, which is made if there is none. Default millrace_ and the source's name."`
	Slot            string        `yaml:"slot" desc:"Name of the replication slot, which is made if there is none. Default millrace_ and the source's name."`
	Snapshot        string        `yaml:"snapshot" oneof:"|initial|never" desc:"Whether rows that are there already are taken: initial, once for each table; never. Default initial."`
	OnLostSlot      string        `yaml:"on_lost_slot" oneof:"|fail|restart" desc:"What is done when the server has removed changes that were not taken: fail tells so and waits for help; restart makes the slot anew and reads the tables again. Default fail."`
	ConfirmInterval time.Duration `yaml:"confirm_interval" min:"0s" max:"10m" desc:"How often the server is told what the log has, so that it removes its own. Default 1s; 0s means that."`
	MaxSlotLagBytes Bytes         `yaml:"max_slot_lag_bytes" min:"0B" max:"1PiB" desc:"Write-ahead log kept by the server for the slot above which a warning is logged. Default 1GiB; 0B means that."`
}

// Outbox configures a transactional outbox: a table that services insert their
// messages into, in the transaction of what the messages tell about.
type Outbox struct {
	Table         string `yaml:"table" desc:"The table. Empty: no outbox."`
	ID            string `yaml:"id" desc:"Column of the message's id, by which it counts once. Default id."`
	AggregateType string `yaml:"aggregate_type" desc:"Column of what the message is about, such as order. Default aggregatetype."`
	AggregateID   string `yaml:"aggregate_id" desc:"Column of which one it is about. Default aggregateid."`
	Type          string `yaml:"type" desc:"Column of the message's type, such as OrderPaid. Default type."`
	Payload       string `yaml:"payload" desc:"Column of the message, taken byte for byte. Default payload."`
}
