package warehouse

import (
	"math/rand/v2"
	"testing"
)

func TestCountDistinct(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 255, 10_000} {
		hashes, want := make([]uint64, n), map[uint64]bool{}
		for i := range hashes {
			hashes[i] = r.Uint64() << r.IntN(64) // many are equal, and 0 is among them
			want[hashes[i]] = true
		}
		if got := countDistinct(hashes); got != int64(len(want)) {
			t.Errorf("%d of %d hashes are distinct, not %d", len(want), n, got)
		}
	}
}
