package state

// Stats are the figures of one table, for metrics.
type Stats struct {
	Table     string
	Kind      Kind
	Entries   int64 // keys that have a value, in memory or not
	Resident  int64 // those in memory
	Bytes     int64 // of memory in use by entries; estimated for values with pointers
	Dirty     int64 // entries changed since the last flush
	Misses    int64 // keys that the backend was asked for
	Evictions int64 // entries that went out of memory
	Expired   int64 // entries removed by the TTL

	charged int64
}

// counts are what a table counts over its life.
type counts struct{ misses, evictions, expired int64 }

func (s *Stats) add(o Stats) {
	s.Entries += o.Entries
	s.Resident += o.Resident
	s.Bytes += o.Bytes
	s.Dirty += o.Dirty
	s.Misses += o.Misses
	s.Evictions += o.Evictions
	s.Expired += o.Expired
	s.charged += o.charged
}

func (s *Stats) subtract(o Stats) {
	s.Entries -= o.Entries
	s.Resident -= o.Resident
	s.Bytes -= o.Bytes
	s.Dirty -= o.Dirty
	s.Misses -= o.Misses
	s.Evictions -= o.Evictions
	s.Expired -= o.Expired
	s.charged -= o.charged
}

func (t *table[V]) stats() Stats {
	return Stats{
		Table: t.f.d.name, Kind: t.f.d.kind, Entries: t.count, Resident: t.live, Bytes: t.charge, Dirty: int64(len(t.dirty)),
		Misses: t.counts.misses, Evictions: t.counts.evictions, Expired: t.counts.expired, charged: t.charged,
	}
}
