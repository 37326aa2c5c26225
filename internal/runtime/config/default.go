package config

import "time"

const day = 24 * time.Hour

// Default returns the settings of a platform that runs alone on a laptop.
func Default() *Config {
	return &Config{
		DataDir: "./millrace-data",
		Targets: []string{"all"},
		HTTP: HTTP{
			Listen:            "127.0.0.1:8080",
			CORSOrigins:       []string{},
			MaxConnections:    16_384,
			MaxStreams:        256,
			MaxHeaderBytes:    64 * KiB,
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       time.Minute,
			IdleTimeout:       2 * time.Minute,
			ShutdownGrace:     10 * time.Second,
		},
		Log:    defaultLog(),
		Pass:   defaultPass(),
		PGWire: PGWire{Listen: "127.0.0.1:5433", MaxConnections: 256, IdleTimeout: time.Hour},
		OLAP: OLAP{
			MemoryLimit:       256 * MiB,
			Threads:           0,
			CheckpointBytes:   32 * MiB,
			RevisionRetention: 7 * day,
			SQL: SQL{
				Timeout:        30 * time.Second,
				MaxRows:        100_000,
				MaxConcurrent:  4,
				MaxResultBytes: 64 * MiB,
				MaxQueryBytes:  256 * KiB,
				CacheBytes:     32 * MiB,
				SlowQuery:      time.Second,
				Roles:          []SQLRole{},
				Users:          []SQLUser{},
			},
		},
		Limits: Limits{
			EventBytes:       32 * KiB,
			BatchBytes:       500 * KiB,
			BodyBytes:        8 * MiB,
			LineBytes:        1 * MiB,
			FileBytes:        64 * GiB,
			BatchEvents:      10_000,
			InflightRequests: 1024,
			FileUploads:      16,
		},
		Disk:       Disk{ReserveBytes: 256 * MiB, CheckInterval: 250 * time.Millisecond},
		Sources:    []Source{},
		Sinks:      []Sink{},
		Mappings:   []string{},
		Contracts:  []string{},
		Rules:      []string{},
		Quarantine: defaultQuarantine(),
		Enrichment: defaultEnrichment(),
		Inbox:      Inbox{PollInterval: time.Second, Settle: 2 * time.Second},
		Ledger:     Ledger{MinuteRetention: 35 * day},
		Lineage:    defaultLineage(),
		Quality:    defaultQuality(),
		Escalation: defaultEscalation(),
		Queries:    defaultQueries(),
		Dashboards: defaultDashboards(),
		Warehouse:  defaultWarehouse(),
		Rollups:    defaultRollups(),
		Analysis:   defaultAnalysis(),
		Reconcile:  defaultReconcile(),
		Lake:       defaultLake(),
		Telemetry:  Telemetry{LogFormat: "text", LogLevel: "info", OTLPSampleRatio: 1},
	}
}

func defaultLog() Log {
	return Log{
		Listen:            "127.0.0.1:9092",
		Brokers:           []string{},
		Topic:             "millrace.raw",
		Partitions:        8,
		ReplicationFactor: 1,
		Linger:            5 * time.Millisecond,
		ProduceTimeout:    10 * time.Second,
		MaxBufferedBytes:  64 * MiB,
		FetchBytes:        4 * MiB,
		RetentionBytes:    10 * GiB,
		Retention:         7 * day,
		TopicRetention:    GiB,
		RetentionCheck:    30 * time.Second,
		Spool:             Spool{Mode: "auto", After: 2 * time.Second, MaxBytes: 4 * GiB, SegmentBytes: 64 * MiB},
	}
}

func defaultPass() Pass {
	return Pass{
		Workers:         0,
		CommitInterval:  25 * time.Millisecond,
		StoreInterval:   100 * time.Millisecond,
		MaxPendingRows:  200_000,
		MaxPendingBytes: 128 * MiB,
		Dedup: Dedup{
			Horizon:       30 * day,
			MemoryEntries: 1 << 20,
			CacheBytes:    64 * MiB,
		},
		Jobs: Jobs{
			Enabled:     true,
			Shards:      8,
			MemoryBytes: 256 * MiB,
			Disorder:    5 * time.Second,
			IdleTimeout: 30 * time.Second,
			TopicFormat: "json",
		},
		AllowedLateness:   day,
		WatermarkDisorder: time.Hour,
	}
}
