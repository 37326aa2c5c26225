package state

// Counter is a table with one integer per key.
type Counter[K any] struct{ *Value[K, int64] }

// OpenCounter opens the counters of a name.
func OpenCounter[K any](s *Space, name string, opt TableOptions) (*Counter[K], error) {
	v, err := openValue[K, int64](s, name, KindCounter, opt, func(*format[int64]) {})
	if err != nil {
		return nil, err
	}
	return &Counter[K]{v}, nil
}

// Add adds n to the count of a key and returns it.
func (c *Counter[K]) Add(k K, n int64) int64 {
	v, _ := c.Upsert(k)
	*v += n
	return *v
}

// Count returns the count of a key, 0 when there is none.
func (c *Counter[K]) Count(k K) int64 {
	if v := c.Get(k); v != nil {
		return *v
	}
	return 0
}
