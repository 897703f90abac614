package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestLogitBeetle fits Bliss's beetles: numbers killed at eight doses of carbon
// disulphide (Annals of Applied Biology 22, 1935), the example of Dobson's
// Introduction to Generalized Linear Models, whose table 7.4 prints −60.72 and
// 34.27 for the logit and −34.94 and 19.73 for the probit.
func TestLogitBeetle(t *testing.T) {
	dose := []float64{1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839}
	n := []float64{59, 60, 62, 56, 63, 59, 62, 60}
	killed := []float64{6, 13, 18, 28, 52, 53, 61, 60}
	var y, one, x, w []float64
	for i := range dose {
		y = append(y, 1, 0)
		one = append(one, 1, 1)
		x = append(x, dose[i], dose[i])
		w = append(w, killed[i], n[i]-killed[i])
	}
	for _, c := range []struct {
		link Link
		want [2]float64
	}{{LinkLogit, [2]float64{-60.717, 34.270}}, {LinkProbit, [2]float64{-34.935, 19.728}}} {
		b, err := FitBinary(c.link, y, [][]float64{one, x}, []string{"const", "dose"}, w)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range c.want {
			if math.Abs(b.Coef[j]-want) > 0.001 {
				t.Errorf("link %d: coefficient %d = %.4f, want %.3f", c.link, j, b.Coef[j], want)
			}
		}
		total := 0.0
		for i := range y {
			total += b.score[i]
		}
		if math.Abs(total) > 1e-7 {
			t.Errorf("link %d: the scores sum to %g, want 0", c.link, total)
		}
	}
}

func TestLogitRefuses(t *testing.T) {
	one := []float64{1, 1, 1, 1, 1, 1, 1, 1}
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	twice := []float64{2, 4, 6, 8, 10, 12, 14, 16}
	flag := []float64{0, 0, 0, 0, 0, 0, 1, 1}
	mixed := []float64{0, 1, 0, 1, 0, 1, 0, 1}
	names := []string{"const", "x", "z"}
	var collinear *CollinearError
	if _, err := Logit(mixed, [][]float64{one, x, twice}, names, nil); !errors.As(err, &collinear) || collinear.Column != "z" {
		t.Errorf("collinear: got %v", err)
	}
	var separated *SeparationError
	if _, err := Logit([]float64{0, 0, 0, 0, 1, 1, 1, 1}, [][]float64{one, x}, names[:2], nil); !errors.As(err, &separated) || len(separated.Columns) != 1 || separated.Columns[0] != "x" {
		t.Errorf("complete separation: got %v", err)
	}
	if _, err := Logit([]float64{0, 1, 0, 1, 0, 1, 1, 1}, [][]float64{one, mixed, flag}, []string{"const", "m", "flag"}, nil); !errors.As(err, &separated) {
		t.Errorf("quasi-separation: got %v", err)
	}
	if _, err := Logit([]float64{1, 0, 0, 1, 0, 1, 1, 1}, [][]float64{one, flag}, []string{"const", "flag"}, nil); !errors.As(err, &separated) || separated.Columns[len(separated.Columns)-1] != "flag" {
		t.Errorf("quasi-separation by a flag: got %v", err)
	}
	if _, err := Logit(one, [][]float64{one, x}, names[:2], nil); !errors.Is(err, ErrNoComparison) {
		t.Errorf("all treated: got %v", err)
	}
	if _, err := Logit(mixed, [][]float64{one, {1, 2, math.NaN(), 4, 5, 6, 7, 8}}, names[:2], nil); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: got %v", err)
	}
	if _, err := Logit(x, [][]float64{one}, names[:1], nil); err == nil {
		t.Error("an outcome of 2 was accepted")
	}
}

// The influence of the constant's coefficient has the variance that inverse
// information states when the model holds.
func TestBinaryInfluence(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 4000
	y, one, x := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		one[i], x[i] = 1, r.NormFloat64()
		if r.Float64() < 1/(1+math.Exp(-0.3-0.8*x[i])) {
			y[i] = 1
		}
	}
	for _, link := range []Link{LinkLogit, LinkProbit} {
		b, err := FitBinary(link, y, [][]float64{one, x}, []string{"const", "x"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		psi := b.influence([]float64{0, 1})
		if got, want := dot(psi, psi)/(n*n), b.info.At(1, 1); math.Abs(got/want-1) > 0.1 {
			t.Errorf("link %d: variance %g from influence, %g from information", link, got, want)
		}
	}
}

func ExampleLogit() {
	one := []float64{1, 1, 1, 1, 1, 1}
	tenure := []float64{1, 2, 3, 4, 5, 6}
	joined := []float64{0, 0, 1, 0, 1, 1}
	b, err := Logit(joined, [][]float64{one, tenure}, []string{"const", "tenure"}, nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f, from %.2f to %.2f\n", b.Coef, b.P[0], b.P[5])
	// Output: [-4.25 1.21], from 0.05 to 0.95
}
