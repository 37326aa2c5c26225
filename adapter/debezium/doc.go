// Package debezium adapts changes of database rows as Debezium writes them to
// Kafka: one JSON envelope per change, alone or with its Connect schema around it
// ({"schema": …, "payload": …}). Millrace's own sources of PostgreSQL and MySQL
// write the same envelopes.
//
//	{
//	  "before": {…}, "after": {…},   the row, as far as the database tells
//	  "op": "c",                     c, u, d, r (read by a snapshot), t (truncate), m (message)
//	  "source": {"connector": "postgresql", "name": "shop", "db": "shop", "schema": "public", "table": "orders",
//	             "ts_us": …, "txId": 771, "lsn": 24023128},
//	  "transaction": {"id": "771", "total_order": 1, "data_collection_order": 1}
//	}
//
// An event's type is the table with _created, _updated, _deleted, _read or
// _truncated behind it. Its properties are the row (that before a deletion), its
// context is the rest of the envelope, its time that of the change.
//
// What makes a change the same change is where it stands in the database's own
// log: every member of source but those that differ between deliveries, the
// order in the transaction, and the row, because several rows of one statement
// may share a position. A row that a snapshot read is identified by the
// transaction that wrote it (xmin) where that is known, so that a second snapshot
// counts only what has changed.
//
// With a schema, values that Connect encodes are decoded: decimals from base64,
// times from numbers. A value that the database did not send because it had not
// changed stays what Debezium writes for it, [Unavailable].
package debezium
