package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// An absorber removes one or two sets of fixed effects from a column: it replaces
// x by its residual in a weighted regression on the dummies.
//
// One set is a weighted demeaning. With two, the larger set is concentrated out and
// what is left for the smaller is solved exactly:
//
//	(D₂'WD₂ − D₂'WD₁(D₁'WD₁)⁻¹D₁'WD₂) b = D₂'W(x − x̄₁)
//
// by a pseudo-inverse up to 800 levels (the sets are always dependent) and by
// conjugate gradients with a diagonal preconditioner above. A balanced panel
// without weights is x − x̄ᵢ − x̄ₜ + x̄.
type absorber struct {
	keys     []Key
	w        []float64 // nil: all 1
	one, two int       // index into keys of the larger and the smaller set
	w1, w2   []float64 // weight per level
	balanced bool
	solve    func(rhs []float64) []float64
}

// newAbsorber prepares the removal of fixed effects; it returns an error for more
// than two sets.
func newAbsorber(keys []Key, w []float64) (*absorber, error) {
	a := &absorber{keys: keys, w: w}
	switch len(keys) {
	case 0:
		return a, nil
	case 1:
		a.w1 = a.totals(keys[0])
		return a, nil
	case 2:
	default:
		return nil, fmt.Errorf("%d sets of fixed effects; at most two can be absorbed: join two as a^b", len(keys))
	}
	if keys[1].Levels() > keys[0].Levels() {
		a.one, a.two = 1, 0
	} else {
		a.one, a.two = 0, 1
	}
	big, small := keys[a.one], keys[a.two]
	a.w1, a.w2 = a.totals(big), a.totals(small)
	if a.isBalanced(big, small) {
		a.balanced = true
		return a, nil
	}
	if small.Levels() <= 800 {
		a.solve = a.dense(big, small)
	} else {
		a.solve = a.conjugate(big, small)
	}
	return a, nil
}

func (a *absorber) weight(i int) float64 {
	if a.w == nil {
		return 1
	}
	return a.w[i]
}

func (a *absorber) totals(k Key) []float64 {
	t := make([]float64, k.Levels())
	for i, c := range k.Codes {
		t[c] += a.weight(i)
	}
	return t
}

func (a *absorber) isBalanced(big, small Key) bool {
	if a.w != nil || len(big.Codes) != big.Levels()*small.Levels() {
		return false
	}
	seen := make([]bool, len(big.Codes))
	for i := range big.Codes {
		cell := big.Codes[i]*small.Levels() + small.Codes[i]
		if seen[cell] {
			return false
		}
		seen[cell] = true
	}
	return true
}

// remove replaces x by its residual.
func (a *absorber) remove(x []float64) {
	switch len(a.keys) {
	case 0:
	case 1:
		a.demean(x, a.keys[0], a.w1)
	default:
		a.removeTwo(x)
	}
}

func (a *absorber) removeTwo(x []float64) {
	big, small := a.keys[a.one], a.keys[a.two]
	if a.balanced {
		a.demean(x, big, a.w1)
		a.demean(x, small, a.w2)
		return
	}
	// The second round removes what rounding left of the first.
	for range 2 {
		a.demean(x, big, a.w1)
		rhs := make([]float64, small.Levels())
		for i, c := range small.Codes {
			rhs[c] += a.weight(i) * x[i]
		}
		b := a.solve(rhs)
		for i, c := range small.Codes {
			x[i] -= b[c]
		}
		a.demean(x, big, a.w1)
	}
}

func (a *absorber) demean(x []float64, k Key, total []float64) {
	m := make([]float64, k.Levels())
	if a.w == nil {
		for i, c := range k.Codes {
			m[c] += x[i]
		}
	} else {
		for i, c := range k.Codes {
			m[c] += a.w[i] * x[i]
		}
	}
	for c := range m {
		if total[c] > 0 {
			m[c] /= total[c]
		}
	}
	for i, c := range k.Codes {
		x[i] -= m[c]
	}
}

// rowsBy lists the rows of each level.
func rowsBy(k Key) [][]int {
	size := make([]int, k.Levels())
	for _, c := range k.Codes {
		size[c]++
	}
	rows := make([][]int, k.Levels())
	for c := range rows {
		rows[c] = make([]int, 0, size[c])
	}
	for i, c := range k.Codes {
		rows[c] = append(rows[c], i)
	}
	return rows
}

func (a *absorber) dense(big, small Key) func([]float64) []float64 {
	l := small.Levels()
	s := mat.NewSymDense(l, nil)
	raw := s.RawSymmetric()
	for c, v := range a.w2 {
		raw.Data[c*raw.Stride+c] = v
	}
	for b, rows := range rowsBy(big) {
		if a.w1[b] == 0 {
			continue
		}
		for _, i := range rows {
			ci, wi := small.Codes[i], a.weight(i)/a.w1[b]
			for _, j := range rows {
				if cj := small.Codes[j]; cj >= ci {
					raw.Data[ci*raw.Stride+cj] -= wi * a.weight(j)
				}
			}
		}
	}
	pinv := pseudoInverse(s)
	return func(rhs []float64) []float64 {
		out := mat.NewVecDense(l, nil)
		out.MulVec(pinv, mat.NewVecDense(l, rhs))
		return out.RawVector().Data
	}
}

// conjugate solves the same equations without forming them.
func (a *absorber) conjugate(big, small Key) func([]float64) []float64 {
	apply := func(v []float64) []float64 {
		m := make([]float64, big.Levels())
		for i := range big.Codes {
			m[big.Codes[i]] += a.weight(i) * v[small.Codes[i]]
		}
		out := make([]float64, len(v))
		for i := range big.Codes {
			b, c := big.Codes[i], small.Codes[i]
			out[c] += a.weight(i) * (v[c] - m[b]/a.w1[b])
		}
		return out
	}
	return func(rhs []float64) []float64 {
		x := make([]float64, len(rhs))
		r := append([]float64(nil), rhs...)
		z := make([]float64, len(rhs))
		precondition := func() {
			for i := range r {
				z[i] = r[i] / a.w2[i]
			}
		}
		precondition()
		p := append([]float64(nil), z...)
		rz, limit := dot(r, z), 1e-14*norm(rhs)
		for iter := 0; iter < 10*len(rhs)+100 && norm(r) > limit && rz > 0; iter++ {
			ap := apply(p)
			curve := dot(p, ap)
			if curve <= 0 {
				break
			}
			alpha := rz / curve
			axpy(alpha, p, x)
			axpy(-alpha, ap, r)
			precondition()
			next := dot(r, z)
			for i := range p {
				p[i] = z[i] + next/rz*p[i]
			}
			rz = next
		}
		return x
	}
}

// pseudoInverse is the Moore–Penrose inverse of a symmetric matrix; eigenvalues
// below 1e-10 of the largest are 0.
func pseudoInverse(s *mat.SymDense) *mat.SymDense {
	return spectral(s, 1e-10, func(v float64) float64 { return 1 / v })
}

// spectral applies f to the eigenvalues of s that exceed tol times the largest, and
// 0 to the others.
func spectral(s *mat.SymDense, tol float64, f func(float64) float64) *mat.SymDense {
	n := s.SymmetricDim()
	out := mat.NewSymDense(n, nil)
	var eig mat.EigenSym
	if !eig.Factorize(s, true) {
		for i := range n {
			for j := i; j < n; j++ {
				out.SetSym(i, j, math.NaN())
			}
		}
		return out
	}
	values := eig.Values(nil)
	var vec mat.Dense
	eig.VectorsTo(&vec)
	top := 0.0
	for _, v := range values {
		top = max(top, math.Abs(v))
	}
	col := make([]float64, n)
	for c, v := range values {
		if v <= tol*top {
			continue
		}
		mat.Col(col, c, &vec)
		out.SymRankOne(out, f(v), mat.NewVecDense(n, col))
	}
	return out
}
