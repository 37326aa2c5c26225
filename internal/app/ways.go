package app

// Way is a way for events into the platform, as docs/sources.md lists it.
type Way struct {
	Name      string
	Setting   string // path in the configuration that switches it on
	Formats   string
	Position  string // where it goes on after a restart
	Guarantee string
	Rate      string   // as docs/benchmarks.md has it
	Tests     []string // files of the project
	Page      string   // under docs/
}

// What ways in promise.
const (
	once = "exactly once"
	byID = "at least once; again counts once, by "
)

// What they go on at.
const (
	sender = "the sender tries again"
	broker = "what is not acknowledged comes again"
)

// What is a format of JSON documents.
const documents = "`native`, `segment`, `cloudevents`, `debezium`, a JSON mapping"

// Ways are all ways in, in the order of the page.
func Ways() []Way {
	return append(append(doors(), files()...), connectors()...)
}

func doors() []Way {
	return []Way{
		{"HTTP: events", "sources[].write_keys", "`native` (JSON, arrays, lines), any JSON mapping", sender, byID + "`id` or content", "18,000 to 21,000 requests; 287,000 to 316,000 in full ones", []string{"e2e/doors_test.go"}, "doors.md#native"},
		{"HTTP: Segment", "sources[].write_keys", "`segment`", sender, byID + "`messageId`", "29,100 requests; 295,000 in full ones", []string{"e2e/doors_test.go"}, "doors.md#segment-api"},
		{"HTTP: GA4", "sources[].write_keys", "`ga4`", sender, byID + "content", "26,300 requests; 145,000 in full ones of 25", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/ga4.md"},
		{"HTTP: Snowplow", "sources[].write_keys", "`snowplow`", sender, byID + "`eid`", "14,300 requests; 98,000 in full ones", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/snowplow.md"},
		{"HTTP: CloudEvents", "sources[].write_keys", "`cloudevents`", sender, byID + "`source` and `id`", "24,300 requests; 243,000 in full ones", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/cloudevents.md"},
		{"HTTP: pixel", "sources[].write_keys", "`native` in a query", sender, byID + "`id` or content", "not measured", []string{"e2e/doors_analytics_test.go"}, "sources/pixel.md"},
		{"Webhooks: Shopify", "sources[].webhook", "`shopify`", sender, byID + "event and resource", "not measured on the binary", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/shopify.md"},
		{"Webhooks: WooCommerce", "sources[].webhook", "`woocommerce`", sender, byID + "delivery", "22,100 requests", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/woocommerce.md"},
		{"Webhooks: Stripe", "sources[].webhook", "`stripe`", sender, byID + "event", "not measured on the binary", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/stripe.md"},
		{"Webhooks: others", "sources[].webhook", "a JSON mapping", sender, byID + "what the mapping names", "not measured on the binary", []string{"e2e/webhook_test.go"}, "sources/webhook.md"},
	}
}

func files() []Way {
	return []Way{
		{"Files: upload, folder", "sources[].inbox", "CSV, JSON, JSON lines, XML, Parquet; gz, zstd, zip", "record number", once, "CSV 154 to 181 MB, cut and decoded", []string{"e2e/inbox_test.go", "e2e/source_file_test.go"}, "sources/files.md"},
		{"SFTP", "sources[].sftp", "as of files", "record number", once, "as of files", []string{"e2e/source_sftp_test.go"}, "sources/sftp.md"},
		{"S3", "sources[].s3", "as of files", "record number", once, "as of files; Parquet 2.4 million rows read", []string{"e2e/source_s3_test.go"}, "sources/s3.md"},
		{"EDI", "sources[].inbox, sftp, s3", "`x12`: 850, 855, 856, 810, 846, 997; `edifact`: ORDERS, ORDRSP, DESADV, INVOIC, INVRPT, CONTRL", "record number", once, "69 MB, cut, checked and decoded", []string{"e2e/source_edi_test.go"}, "sources/edi.md"},
	}
}

func connectors() []Way {
	return []Way{
		{"Kafka: the log's own cluster", "sources[].topic", documents, "offset", once, "not measured apart", []string{"e2e/kafka_test.go", "e2e/apachekafka_test.go"}, "doors.md#kafka"},
		{"Kafka: another cluster", "sources[].kafka", documents + "; Avro and Protobuf of a registry", "offset", once, "not measured apart", []string{"e2e/source_kafka_test.go"}, "sources/kafka.md"},
		{"PostgreSQL", "sources[].postgres", "`debezium`", "LSN", once, "192,000 rows, with the log", []string{"e2e/source_postgres_test.go"}, "sources/postgres.md"},
		{"Outbox table", "sources[].postgres.outbox", documents, "LSN", once, "as of PostgreSQL", []string{"e2e/source_postgres_test.go"}, "sources/outbox.md"},
		{"MySQL, MariaDB", "sources[].mysql", "`debezium`", "position in the binlog", once, "167,000 rows, with the log", []string{"e2e/source_mysql_test.go"}, "sources/mysql.md"},
		{"RabbitMQ", "sources[].amqp", documents, broker, byID + "message id or content", "151,000, without the log", []string{"e2e/source_amqp_test.go"}, "sources/rabbitmq.md"},
		{"MQTT 5 and 3.1.1", "sources[].mqtt", documents + ", numbers, text", broker, byID + "what the payload names", "87,000 to 101,000, without the log", []string{"e2e/source_mqtt_test.go"}, "sources/mqtt.md"},
		{"Redis Streams", "sources[].redis", documents, "id of the entry", once, "457,000, without the log", []string{"e2e/source_redis_test.go"}, "sources/redis.md"},
	}
}
