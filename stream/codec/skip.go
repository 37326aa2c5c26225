package codec

// skip returns what follows the value of type t at the front of b.
func skip(b []byte, t *Type) (rest []byte, err error) {
	switch t.Kind {
	case String, Bytes, Opaque:
		_, rest, err = cutBytes(b)
		return rest, err
	case Array:
		return skipAll(b, t.Len, t.Elem)
	case Slice:
		n, b, err := cutLen(b, t.Elem.minSize())
		if err != nil {
			return nil, err
		}
		return skipAll(b, n, t.Elem)
	case Map:
		n, b, err := cutLen(b, t.Key.minSize()+t.Elem.minSize())
		if err != nil {
			return nil, err
		}
		return skipAll(b, n, t.Key, t.Elem)
	case Pointer:
		if len(b) == 0 || b[0] > 1 {
			return nil, corrupt("want a pointer of 0 or 1")
		}
		return skipAll(b[1:], int(b[0]), t.Elem)
	case Struct:
		for _, f := range t.Fields {
			if b, err = skip(b, f.Type); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return skipNumber(b, t.Kind)
}

func skipAll(b []byte, n int, types ...*Type) (rest []byte, err error) {
	for range n {
		for _, t := range types {
			if b, err = skip(b, t); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func skipNumber(b []byte, kind Kind) (rest []byte, err error) {
	switch {
	case isSigned(kind):
		_, rest, err = cutInt(b, kind)
	case isUnsigned(kind):
		_, rest, err = cutUint(b, kind)
	default:
		width := (&Type{Kind: kind}).minSize()
		if len(b) < width {
			return nil, corrupt("a %s is cut off", kind)
		}
		return b[width:], nil
	}
	return rest, err
}
