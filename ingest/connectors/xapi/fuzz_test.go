package xapi

import "testing"

// Whatever a store sends as a statement is read whole or refused.
func FuzzStatement(f *testing.F) {
	f.Add([]byte(`{"id":"A","actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"v"},"object":{"id":"o"},"stored":"2026-01-01T00:00:00Z","result":{"duration":"PT1H"}}`))
	f.Add([]byte(`{"object":{"objectType":"SubStatement"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parse(raw)
		if err == nil && (s.ID == "" || s.Verb.ID == "") {
			t.Errorf("%q was read as %+v", raw, s)
		}
	})
}
