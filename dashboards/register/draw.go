package register

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Draw is a random assignment of units to the waves of a test.
type Draw struct {
	Seed string
	// Wave is per unit, in the order given: 1 is the first, 0 is for comparison.
	Wave    []int
	Balance []Balanced
	Tries   int  // which draw of the seed it is
	IsEven  bool // whether it is within maxImbalance; else it is the best of maxTries
}

// A Balanced trait says how far those who start first differ from the others.
type Balanced struct {
	Trait         string
	First, Others float64 // means
	Difference    float64 // in standard deviations of all units
}

// The rule of the draw, stated before it: units of the same level of the dial are
// drawn together, and the first draw that is even in level, trend and size counts.
const (
	maxImbalance = 0.25
	maxTries     = 200
)

// SeedOf is the seed of a draw: it follows from what is drawn, so that nobody can
// choose a draw by its outcome.
func SeedOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// seeded is the source of random numbers of a seed.
func seeded(seed string) *rand.Rand {
	sum := sha256.Sum256([]byte(seed))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
}

// Assign draws the units of a test at random. Units are sorted by the level of the
// dial and drawn in blocks of neighbours, so that each part gets high and low ones.
// Of the draws of the seed the first counts whose parts differ by at most 0.25
// standard deviations in level, trend and size; the same rule belongs to the analysis.
//
// The result depends on the ask and its seed alone, not on the order of the units.
func Assign(ask PlanAsk) (Draw, error) {
	if err := ask.check(); err != nil {
		return Draw{}, err
	}
	order := make([]int, len(ask.Units))
	for i := range order {
		order[i] = i
	}
	level := make([]float64, len(ask.Units))
	for i, u := range ask.Units {
		level[i] = average(u.Values[max(0, len(u.Values)-12):])
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(level[a], level[b]), strings.Compare(ask.Units[a].ID, ask.Units[b].ID))
	})
	random := seeded(ask.Seed)
	names, traits := ask.traits(level)
	best := Draw{Seed: ask.Seed}
	worst := math.Inf(1)
	for try := 1; try <= maxTries; try++ {
		waves := ask.draw(order, random)
		balance, most := balanced(names, traits, waves)
		if most < worst {
			worst = most
			best.Wave, best.Balance, best.Tries = waves, balance, try
		}
		if most <= maxImbalance {
			best.IsEven = true
			break
		}
	}
	return best, nil
}

// draw assigns units once, block by block.
func (a *PlanAsk) draw(order []int, random *rand.Rand) []int {
	pattern := a.pattern()
	waves := make([]int, len(order))
	for from := 0; from < len(order); from += len(pattern) {
		block := order[from:min(from+len(pattern), len(order))]
		part := slices.Clone(pattern)
		random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		for k, i := range block {
			waves[i] = part[k]
		}
	}
	return waves
}

// pattern are the waves of one block.
func (a *PlanAsk) pattern() []int {
	if a.Waves > 1 {
		out := make([]int, a.Waves)
		for i := range out {
			out[i] = i + 1
		}
		return out
	}
	// the smallest block that has the share within two points
	for n := 2; ; n++ {
		treated := int(math.Round(a.Share * float64(n)))
		if treated > 0 && treated < n && (math.Abs(float64(treated)/float64(n)-a.Share) <= 0.02 || n >= 20) {
			out := make([]int, n)
			for i := range treated {
				out[i] = 1
			}
			return out
		}
	}
}

// traits are what a draw shall be even in.
func (a *PlanAsk) traits(level []float64) (names []string, x [][]float64) {
	trend, size := make([]float64, len(a.Units)), make([]float64, len(a.Units))
	hasSize := true
	for i, u := range a.Units {
		n := len(u.Values)
		half := min(6, n/2)
		trend[i] = average(u.Values[n-half:]) - average(u.Values[max(0, n-2*half):n-half])
		size[i] = u.Size
		hasSize = hasSize && u.Size > 0
	}
	names, x = []string{"level of the dial", "its trend"}, [][]float64{level, trend}
	if hasSize {
		names, x = append(names, "size"), append(x, size)
	}
	return names, x
}

// balanced compares the first wave with the others.
func balanced(names []string, traits [][]float64, waves []int) (out []Balanced, most float64) {
	for k, x := range traits {
		var arms [2][]float64
		for i, v := range x {
			arm := 1
			if waves[i] == 1 {
				arm = 0
			}
			arms[arm] = append(arms[arm], v)
		}
		b := Balanced{Trait: names[k]}
		if len(arms[0]) == 0 || len(arms[1]) == 0 {
			return nil, math.Inf(1)
		}
		b.First, b.Others = average(arms[0]), average(arms[1])
		if sd := spread(x); sd > 0 {
			b.Difference = (b.First - b.Others) / sd
		}
		most = max(most, math.Abs(b.Difference))
		out = append(out, b)
	}
	return out, most
}
