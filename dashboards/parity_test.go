package dashboards

import (
	"math"
	"math/rand/v2"
	"testing"
)

// By hand: three of the front line's four people got 1, 2 and 3 hours, the other two 1 and 3. p = 6 ÷ 10;
// v(F) = 4 ÷ 3 · (14 − 36 ÷ 4) = 20 ÷ 3; v(O) = 2 ÷ 1 · (10 − 16 ÷ 2) = 4; var p = (0.16·20 ÷ 3 + 0.36·4) ÷ 100.
func TestParity(t *testing.T) {
	got, ok := parityOf(part{6, 14, 3, 4}, part{4, 10, 2, 1})
	se := math.Sqrt((0.16*20/3+0.36*4)/100) / 0.6
	want := parity{0.75, 0.75 * math.Exp(-1.959963984540054*se), 0.75 * math.Exp(1.959963984540054*se), 0.6, 0.8}
	for _, pair := range [][2]float64{{got.Ratio, want.Ratio}, {got.Low, want.Low}, {got.High, want.High}, {got.ShareOf, want.ShareOf}, {got.ShareOfFTE, want.ShareOfFTE}} {
		if !ok || math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	for _, empty := range [][2]part{{{}, {4, 10, 2, 1}}, {{6, 14, 3, 0}, {4, 10, 2, 1}}} {
		if _, ok := parityOf(empty[0], empty[1]); ok {
			t.Errorf("%v has a parity", empty)
		}
	}
}

// Where the front line gets what its size says, the interval holds 1 about 95 times in 100.
func TestParityCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	held := 0
	const runs = 2000
	for range runs {
		var side, others part
		for i := range 200 {
			x, y := &side, math.Exp(rng.NormFloat64()*0.8)
			if i%4 == 0 {
				x = &others
			}
			x.Sum, x.Square, x.People, x.FTE = x.Sum+y, x.Square+y*y, x.People+1, x.FTE+1
		}
		if p, ok := parityOf(side, others); ok && p.Low <= 1 && p.High >= 1 {
			held++
		}
	}
	if held < runs*92/100 || held > runs*98/100 {
		t.Errorf("the interval held the truth %d times in %d", held, runs)
	}
}
