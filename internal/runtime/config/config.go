package config

import "time"

// Config is everything that a Millrace process can be told.
type Config struct {
	DataDir    string     `yaml:"data_dir" check:"required" desc:"Folder of everything that Millrace stores. One process at a time may use it."`
	Targets    []string   `yaml:"targets" desc:"Parts of the platform to run in this process; 'millrace targets' lists them."`
	HTTP       HTTP       `yaml:"http" desc:"The one HTTP listener: doors, API and console."`
	Log        Log        `yaml:"log" desc:"The event log: embedded by default, a Kafka cluster when brokers are given."`
	Pass       Pass       `yaml:"pass" desc:"The pass: decoding, deduplication, rules, enrichment and commit of every event."`
	PGWire     PGWire     `yaml:"pgwire" desc:"PostgreSQL's protocol, by which SQL tools connect."`
	OLAP       OLAP       `yaml:"olap" desc:"The analytical store behind the console and SQL."`
	Limits     Limits     `yaml:"limits" desc:"What a sender may send. Beyond a limit the sender gets an error that names it."`
	Disk       Disk       `yaml:"disk" desc:"The guard that stops taking events before the disk is full."`
	Sources    []Source   `yaml:"sources" desc:"Where events come from. Each source has one adapter."`
	Sinks      []Sink     `yaml:"sinks" desc:"Where messages of topics go. Each sink has its own cursor: one that is dead delays no other."`
	Mappings   []string   `yaml:"mappings" desc:"Mapping files, each of which adds an adapter under the name it gives: of CSV, or of JSON and XML documents (format: json, format: xml)."`
	Contracts  []string   `yaml:"contracts" desc:"Files of contracts, or folders of them (*.yaml), which add to those that come with the platform or replace them."`
	Rules      []string   `yaml:"rules" desc:"Rules files for the events of all sources, beside each source's own; each says for which types of events it is."`
	Rates      string     `yaml:"exchange_rates" desc:"File of exchange rates: the European Central Bank's eurofxref-hist.zip, or the CSV in it. Empty: a copy that comes with the platform."`
	Enrichment Enrichment `yaml:"enrichment" desc:"What is derived from events: country of the address, browser, campaign, amounts in one currency, products, segments."`
	Records    Records    `yaml:"records" desc:"The record store: what the platform itself keeps, such as schemas and consumers."`
	Schema     Schema     `yaml:"schema" desc:"The schema registry."`
	Quarantine Quarantine `yaml:"quarantine" desc:"What becomes of quarantined events: repairs, runs, topics."`
	Inbox      Inbox      `yaml:"inbox" desc:"How watched inbox folders are polled."`
	Ledger     Ledger     `yaml:"ledger" desc:"The ledger of verdicts."`
	Lineage    Lineage    `yaml:"lineage" desc:"Where numbers come from: the events behind them, and the audit trail of what they are made with."`
	Quality    Quality    `yaml:"quality" desc:"What is done about the quality of events."`
	Escalation Escalation `yaml:"escalation" desc:"Who is told what is wrong, and when."`
	Reconcile  Reconcile  `yaml:"reconcile" desc:"How the platform's numbers are compared with each other."`
	Queries    Queries    `yaml:"queries" desc:"Saved queries, and the schedules on which their results are sent."`
	Dashboards Dashboards `yaml:"dashboards" desc:"Dashboards, and the links by which they are shared."`
	Analysis   Analysis   `yaml:"analysis" desc:"What is computed of all customers and orders at once: RFM, cohorts, lifetime value, attribution, baskets."`
	Lake       Lake       `yaml:"lake" desc:"The lake: tables of Iceberg that other engines read, and that old rows rest in."`
	Warehouse  Warehouse  `yaml:"warehouse" desc:"The warehouse, and the metrics that everybody means the same by."`
	Rollups    Rollups    `yaml:"rollups" desc:"Partial aggregates of the tables of events, which metrics are read from."`
	Telemetry  Telemetry  `yaml:"telemetry" desc:"Logs, traces and profiling."`

	origin map[string]string // path of a setting → where it was set (file:line:column or variable)
}

// HTTP configures the listener that doors, API and console share.
type HTTP struct {
	Listen            string        `yaml:"listen" check:"address" desc:"Address to listen on. Port 0 takes any free port."`
	CORSOrigins       []string      `yaml:"cors_origins" desc:"Origins whose pages may post events from a browser; '*' allows all."`
	MaxConnections    int           `yaml:"max_connections" min:"1" max:"1000000" desc:"Connections open at once; further ones wait to be accepted."`
	MaxStreams        int           `yaml:"max_streams" min:"1" max:"100000" desc:"Live views (server-sent event streams) open at once, and as many listeners to results of jobs beside them."`
	MaxHeaderBytes    Bytes         `yaml:"max_header_bytes" min:"4KiB" max:"1MiB" desc:"Size of a request's headers."`
	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" min:"100ms" max:"5m" desc:"Time a client has to send its headers."`
	ReadTimeout       time.Duration `yaml:"read_timeout" min:"1s" max:"1h" desc:"Time a client has to send an event body. File uploads are not bound by it while they make progress."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" min:"1s" max:"1h" desc:"How long an idle connection is kept."`
	ShutdownGrace     time.Duration `yaml:"shutdown_grace" min:"0s" max:"10m" desc:"Time for the whole process to finish what it has begun when told to stop."`
}

// Log configures the event log and the client that talks to it.
type Log struct {
	Listen            string        `yaml:"listen" check:"address" desc:"Address of the embedded broker, for any Kafka client. Empty: reachable inside the process only."`
	Brokers           []string      `yaml:"brokers" check:"addresses" desc:"Bootstrap brokers of a Kafka cluster. When set, no broker is embedded."`
	TLS               TLS           `yaml:"tls" desc:"Encryption towards brokers."`
	SASL              SASL          `yaml:"sasl" desc:"Authentication towards brokers."`
	Topic             string        `yaml:"topic" check:"topic" desc:"Topic of raw events."`
	Partitions        int           `yaml:"partitions" min:"1" max:"1024" desc:"Partitions of the raw topic when it is created. An existing topic keeps its own."`
	ReplicationFactor int           `yaml:"replication_factor" min:"1" max:"10" desc:"Replicas of the raw topic when it is created on a Kafka cluster."`
	Group             string        `yaml:"group" check:"topic-or-empty" desc:"Consumer group in which several processes share the partitions of a cluster; jobs cannot run in it. Empty: this process reads all partitions, and its jobs run."`
	Linger            time.Duration `yaml:"linger" min:"0s" max:"1s" desc:"How long the producer waits to fill a batch. Senders wait at least this long for their acknowledgement."`
	ProduceTimeout    time.Duration `yaml:"produce_timeout" min:"100ms" max:"5m" desc:"After this time an event that the log did not acknowledge is refused with 503."`
	MaxBufferedBytes  Bytes         `yaml:"max_buffered_bytes" min:"1MiB" max:"16GiB" desc:"Bytes waiting to be acknowledged by the log; beyond it senders get 429."`
	FetchBytes        Bytes         `yaml:"fetch_bytes" min:"64KiB" max:"1GiB" desc:"Bytes fetched from one partition at once."`
	RetentionBytes    Bytes         `yaml:"retention_bytes" min:"16MiB" max:"1PiB" desc:"Size of the embedded log, over all partitions, above which its oldest processed part is removed."`
	Retention         time.Duration `yaml:"retention" min:"1m" max:"87600h" desc:"Age above which the embedded log's oldest processed part is removed."`
	TopicRetention    Bytes         `yaml:"topic_retention_bytes" min:"1MiB" max:"1PiB" desc:"Size of each other topic of the embedded log (of a source, of results, of dead letters) above which its oldest part is removed, read or not."`
	RetentionCheck    time.Duration `yaml:"retention_check" min:"100ms" max:"24h" desc:"How often retention is applied."`
	Spool             Spool         `yaml:"spool" desc:"Where events wait on local disk while the log does not answer."`
}

// Spool configures where events wait while the log does not answer.
type Spool struct {
	Mode         string        `yaml:"mode" oneof:"auto|on|off" desc:"Whether events are taken while the log does not answer. auto: with a cluster; the embedded broker shares its disk with the spool, so that one is seldom of use where the other fails."`
	After        time.Duration `yaml:"after" min:"1s" max:"5m" desc:"How long the log may leave an event unanswered before it is spooled. Holds in place of log.produce_timeout where that is longer."`
	MaxBytes     Bytes         `yaml:"max_bytes" min:"1MiB" max:"1PiB" desc:"Size of the spool; beyond it senders get 503."`
	SegmentBytes Bytes         `yaml:"segment_bytes" min:"64KiB" max:"1GiB" desc:"Size at which a new file is begun. A file is removed once all of it is in the log."`
}

// TLS configures encryption towards brokers.
type TLS struct {
	Enabled            bool   `yaml:"enabled" desc:"Whether to use TLS."`
	CAFile             string `yaml:"ca_file" desc:"PEM file of the authorities to trust. Empty: those of the system."`
	CertFile           string `yaml:"cert_file" desc:"PEM file of the client certificate."`
	KeyFile            string `yaml:"key_file" desc:"PEM file of the client certificate's key."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" desc:"Do not verify the brokers' certificates. For tests only."`
}

// SASL configures authentication towards brokers.
type SASL struct {
	Mechanism string `yaml:"mechanism" oneof:"|PLAIN|SCRAM-SHA-256|SCRAM-SHA-512" desc:"Mechanism. Empty: no authentication."`
	Username  string `yaml:"username" desc:"User name."`
	Password  Secret `yaml:"password" desc:"Password. Better given by its environment variable than in the file."`
}

// Pass configures the tasks that process partitions.
type Pass struct {
	Workers           int           `yaml:"workers" min:"0" max:"1024" desc:"Partitions processed at the same time. 0: the number of processors."`
	CommitInterval    time.Duration `yaml:"commit_interval" min:"1ms" max:"10s" desc:"How often the pass commits what it has judged: positions, ledger and known events."`
	StoreInterval     time.Duration `yaml:"store_interval" min:"1ms" max:"10s" desc:"Least time from one transaction of the analytics store to the next. Bounds the freshness of tables and views; shorter ones cost more processor time."`
	MaxPendingRows    int           `yaml:"max_pending_rows" min:"1" max:"16777216" desc:"Events whose rows wait for the analytics store, over all partitions. When there are as many the pass waits; half of them is what one transaction stores when it is behind."`
	MaxPendingBytes   Bytes         `yaml:"max_pending_bytes" min:"1MiB" max:"1TiB" desc:"The same bound in bytes of their payloads, where events are large."`
	Dedup             Dedup         `yaml:"dedup" desc:"Recognition of events that were delivered before."`
	AllowedLateness   time.Duration `yaml:"allowed_lateness" min:"0s" max:"87600h" desc:"An event whose time is further than this behind the watermark is marked late. It is still accepted."`
	Jobs              Jobs          `yaml:"jobs" desc:"The streaming jobs of the shop."`
	WatermarkDisorder time.Duration `yaml:"watermark_disorder" min:"0s" max:"8760h" desc:"How far out of order a source's events usually come; the watermark stays this far behind the newest."`
}

// Jobs configures the streaming jobs.
type Jobs struct {
	Enabled     bool          `yaml:"enabled" desc:"Run the shop's streaming jobs within the pass. They need all partitions in one process."`
	Dir         string        `yaml:"dir" desc:"Folder of files that declare jobs (*.yaml). It is looked at every few seconds: a file that has changed replaces its job, which keeps its state. Empty: no files."`
	Shards      int           `yaml:"shards" min:"1" max:"1024" desc:"Parts that keys are spread over. It belongs to the stored state: a data folder keeps the number it began with."`
	MemoryBytes Bytes         `yaml:"memory_bytes" min:"1MiB" max:"1TiB" desc:"State of jobs that is kept in memory; state beyond it is read from disk when it is needed."`
	Disorder    time.Duration `yaml:"disorder" min:"0s" max:"24h" desc:"How far out of order events usually come; the event time of jobs stays this far behind the newest. Events that come later than that, but are not marked late, revise what was published."`
	IdleTimeout time.Duration `yaml:"idle_timeout" min:"1s" max:"24h" desc:"A source that has sent nothing for so long does not hold event time back."`
	TopicFormat string        `yaml:"topic_format" oneof:"json|avro" desc:"Form of results in topics: JSON objects, or Avro with its schema in the schema registry, under the subject TOPIC-value."`
	MaxDrift    time.Duration `yaml:"max_drift" min:"0s" max:"8760h" desc:"How far a partition may be ahead of the slowest one in event time, while that one has more to read: it waits then, so that state does not grow in a long replay. 0s: no bound. In a live shop it has no effect but to let fresh events wait for a partition that is catching up."`
}

// Dedup configures the index of known events.
type Dedup struct {
	Horizon       time.Duration `yaml:"horizon" min:"1m" max:"87600h" desc:"Receive time within which a re-delivered event is recognised."`
	MemoryEntries int           `yaml:"memory_entries" min:"1024" max:"1073741824" desc:"Newest fingerprints of the whole process that are held in memory before they are sealed to disk."`
	CacheBytes    Bytes         `yaml:"cache_bytes" min:"1MiB" max:"64GiB" desc:"Cache of blocks of sealed fingerprints and of the checkpoint store."`
}

// OLAP configures the analytical store.
type OLAP struct {
	MemoryLimit       Bytes         `yaml:"memory_limit" min:"64MiB" max:"16TiB" desc:"Memory of the store, for writing and queries together. Up to a sixteenth more keeps answers of metrics."`
	Threads           int           `yaml:"threads" min:"0" max:"1024" desc:"Threads that a long statement of the store gets; a short one has its caller's. 0: one per two processors, at least two. More make large queries faster, and leave less to the pass."`
	CheckpointBytes   Bytes         `yaml:"checkpoint_bytes" min:"1MiB" max:"16GiB" desc:"Write-ahead log size at which the store folds it into its file."`
	RevisionRetention time.Duration `yaml:"revision_retention" min:"1m" max:"87600h" desc:"Time for which a result of a job is kept once a newer one has replaced it."`
	SQL               SQL           `yaml:"sql" desc:"Limits of a user's query."`
}

// SQL bounds a user's query.
type SQL struct {
	Timeout        time.Duration `yaml:"timeout" min:"100ms" max:"1h" desc:"Time after which a query is cancelled."`
	MaxRows        int           `yaml:"max_rows" min:"1" max:"10000000" desc:"Rows of an answer; beyond it the answer is cut and says so."`
	MaxConcurrent  int           `yaml:"max_concurrent" min:"1" max:"256" desc:"Queries running at once; further ones get 429."`
	MaxResultBytes Bytes         `yaml:"max_result_bytes" min:"64KiB" max:"4GiB" desc:"Size of an answer; beyond it the answer is cut and says so."`
	MaxQueryBytes  Bytes         `yaml:"max_query_bytes" min:"1KiB" max:"16MiB" desc:"Size of the query's text."`
	CacheBytes     Bytes         `yaml:"cache_bytes" min:"0B" max:"64GiB" desc:"Memory of answers that are kept until new rows are stored: the same question is answered from there. 0B: none are kept."`
	SlowQuery      time.Duration `yaml:"slow_query" min:"0s" max:"1h" desc:"Queries that take longer are logged, and listed by 'millrace sql slow'. 0s: none."`
	Roles          []SQLRole     `yaml:"roles" desc:"What users may read, and how much at once. A role without settings reads everything."`
	Users          []SQLUser     `yaml:"users" desc:"Who asks by SQL. Without users PostgreSQL's protocol asks for no password, and listens on this machine only."`
	AnonymousRole  string        `yaml:"anonymous_role" desc:"Role of those who call the API without a user's name and password, such as the console. Empty: they read everything."`
}

// Limits bounds what a sender may send.
type Limits struct {
	EventBytes       Bytes `yaml:"event_bytes" min:"256B" max:"16MiB" desc:"One event of the Segment API or the native door."`
	BatchBytes       Bytes `yaml:"batch_bytes" min:"256B" max:"64MiB" desc:"One batch of the Segment API."`
	BodyBytes        Bytes `yaml:"body_bytes" min:"256B" max:"256MiB" desc:"One body of the native door, after decompression."`
	LineBytes        Bytes `yaml:"line_bytes" min:"256B" max:"16MiB" desc:"One line of a file."`
	FileBytes        Bytes `yaml:"file_bytes" min:"1MiB" max:"16TiB" desc:"A file of a source, uncompressed; an archive with all its members."`
	BatchEvents      int   `yaml:"batch_events" min:"1" max:"1000000" desc:"Events in one request."`
	InflightRequests int   `yaml:"inflight_requests" min:"1" max:"1000000" desc:"Requests being taken at once; beyond it senders get 429 with Retry-After."`
	FileUploads      int   `yaml:"file_uploads" min:"1" max:"10000" desc:"Files being taken at once; beyond it senders get 429 with Retry-After."`
}

// Disk configures the guard of free space.
type Disk struct {
	ReserveBytes  Bytes         `yaml:"reserve_bytes" min:"0B" max:"1PiB" desc:"Free space below which no event is taken (503) until there is more again."`
	CheckInterval time.Duration `yaml:"check_interval" min:"10ms" max:"1m" desc:"How often free space is looked at."`
}

// Source is one origin of events.
type Source struct {
	Name            string        `yaml:"name" check:"name" desc:"Name of the source, as the ledger and every row show it."`
	Adapter         string        `yaml:"adapter" check:"required" desc:"Adapter that reads its payloads: segment, native, ga4, snowplow, cloudevents, x12, edifact, or one from a mapping file."`
	WriteKeys       []KeyHash     `yaml:"write_keys" desc:"Keys that senders show, as 'sha256:<hex>' or plain. A plain key is hashed when it is read and not kept."`
	Topic           string        `yaml:"topic" check:"topic-or-empty" desc:"Kafka topic to take events from."`
	Rules           string        `yaml:"rules" desc:"File of rules and corrections. Empty: those that come with the adapter, if any."`
	Inbox           string        `yaml:"inbox" desc:"Folder to watch for files."`
	EDI             EDISource     `yaml:"edi" desc:"How files of EDI are answered."`
	AllowedLateness time.Duration `yaml:"allowed_lateness" min:"0s" max:"87600h" desc:"Overrides pass.allowed_lateness for this source. 0s: no override."`
	Paused          bool          `yaml:"paused" desc:"Take nothing of this source: senders get 503, and what fetches events waits. This and the settings up to schema can be changed while the platform runs ('millrace sources set')."`
	Priority        string        `yaml:"priority" oneof:"|low|normal|high" desc:"Who goes first while the log's buffer fills: low may use half of it, normal 85%, high all. Default normal."`
	Limits          SourceLimits  `yaml:"limits" desc:"Limits of this source."`
	Schema          string        `yaml:"schema" oneof:"|off|report|quarantine" desc:"What becomes of an event that breaks its contract. Default report."`

	Health SourceHealth `yaml:"health" desc:"When this source is throttled and suspended; what is left out is as quality.health says."`

	Snowplow SnowplowSource `yaml:"snowplow" desc:"How Snowplow's trackers are recognised."`

	Files FileSource `yaml:"files" desc:"Which files of inbox, sftp or s3 are taken."`

	// At most one of these is set: where the source fetches its events itself.
	Kafka    KafkaSource    `yaml:"kafka" desc:"A topic of another Kafka cluster."`
	Postgres PostgresSource `yaml:"postgres" desc:"Changes of a PostgreSQL database, by logical replication."`
	MySQL    MySQLSource    `yaml:"mysql" desc:"Changes of a MySQL or MariaDB database."`
	SFTP     SFTPSource     `yaml:"sftp" desc:"A folder of an SFTP server."`
	S3       S3Source       `yaml:"s3" desc:"A bucket of an S3-compatible store."`
	AMQP     AMQPSource     `yaml:"amqp" desc:"A queue of RabbitMQ."`
	MQTT     MQTTSource     `yaml:"mqtt" desc:"Topics of an MQTT broker."`
	Redis    RedisSource    `yaml:"redis" desc:"A stream of Redis."`
	Webhook  WebhookSource  `yaml:"webhook" desc:"How the senders of webhooks are recognised."`
}

// SourceLimits bounds one source.
type SourceLimits struct {
	EventBytes      Bytes         `yaml:"event_bytes" min:"0B" max:"16MiB" desc:"One event. 0B: limits.event_bytes."`
	BatchBytes      Bytes         `yaml:"batch_bytes" min:"0B" max:"64MiB" desc:"One batch or body. 0B: limits.batch_bytes and limits.body_bytes."`
	EventsPerSecond int           `yaml:"events_per_second" min:"0" max:"100000000" desc:"Events taken per second; beyond it senders get 429 with Retry-After, and what fetches events waits. 0: no limit."`
	BytesPerSecond  Bytes         `yaml:"bytes_per_second" min:"0B" max:"1TiB" desc:"Bytes of payloads taken per second. 0B: no limit."`
	Burst           time.Duration `yaml:"burst" min:"0s" max:"1h" desc:"How much more may come at once after a pause, as time at the rate. Default 1s; 0s means that."`
}

// Inbox configures the watching of inbox folders.
type Inbox struct {
	PollInterval time.Duration `yaml:"poll_interval" min:"10ms" max:"1h" desc:"How often the folders are looked at."`
	Settle       time.Duration `yaml:"settle" min:"0s" max:"1h" desc:"A file is complete when its size and time have not changed for this long."`
}

// Ledger configures the ledger.
type Ledger struct {
	MinuteRetention time.Duration `yaml:"minute_retention" min:"1h" max:"87600h" desc:"Age at which the ledger's minutes are folded into its totals. Totals and days are kept for ever."`
}

// Telemetry configures what the process says about itself.
type Telemetry struct {
	LogFormat       string  `yaml:"log_format" oneof:"text|json" desc:"Format of log lines on standard error."`
	LogLevel        string  `yaml:"log_level" oneof:"debug|info|warn|error" desc:"Least severe log lines to write."`
	OTLPEndpoint    string  `yaml:"otlp_endpoint" check:"url" desc:"URL of an OTLP/HTTP collector, such as http://127.0.0.1:4318. Empty: no traces."`
	OTLPSampleRatio float64 `yaml:"otlp_sample_ratio" min:"0" max:"1" desc:"Share of requests that are traced."`
	Pprof           bool    `yaml:"pprof" desc:"Serve Go's profiles under /debug/pprof/."`
}
