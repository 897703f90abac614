package extracts

import "testing"

// A range that is read lies inside the file, unless it begins behind its end.
func FuzzRange(f *testing.F) {
	f.Add("bytes=0-99", int64(50))
	f.Add("bytes=-7", int64(50))
	f.Add("bytes=4611686018427387903-", int64(1))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		from, to, ok := parseRange(header, size)
		if ok && (from < 0 || to > size || from < size && from > to) {
			t.Errorf("%q of %d bytes is %d to %d", header, size, from, to)
		}
	})
}
