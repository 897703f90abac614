package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// permutationLimit is how many assignments are enumerated before they are drawn.
const permutationLimit = 200000

// A Permutation is what reassigning the treatment says about an effect.
type Permutation struct {
	Effect float64 // observed
	P      float64 // two-sided
	// Lo and Hi are the effects, the same for every unit, that are not rejected at
	// 1 − level; ±Inf where there are too few assignments to reject any.
	Lo, Hi      float64
	Assignments int  // enumerated or drawn, the observed one included
	Exact       bool // every assignment was enumerated
	MinimumP    float64
}

// PermutationTest compares treated and untreated units by reassigning the treatment
// among them. It needs no model of errors and holds with very few treated units,
// where a t interval does not.
//
//	effect = mean(treated) − mean(untreated)
//	p = share of assignments whose |effect| ≥ the observed one
//	interval = {τ: p of y − τ·treated > 1 − level}, exactly, from all assignments
//
// values hold one number per unit or cluster that could have been treated: for
// difference in differences its change. treated is 0 or 1. Up to 200 000 assignments
// are enumerated; otherwise draws (9 999 if 0) are taken with the seed and p = (1 +
// #)/(1 + draws). The test is valid if treatment was assigned as if at random among
// the units.
//
// It returns ErrNoComparison if a group is empty, ErrTooFew with fewer than three
// units, ErrNotFinite and ErrConstant.
//
// Source: R. Fisher, The Design of Experiments (1935); G. Imbens & D. Rubin, Causal
// Inference (2015) ch. 5; J. MacKinnon & M. Webb, Journal of Econometrics 218 (2020)
// 435–450 on few treated clusters.
func PermutationTest(values, treated []float64, level float64, draws int, seed uint64) (Permutation, error) {
	if err := checkGroups(values, treated, nil, nil); err != nil {
		return Permutation{}, err
	}
	n := len(values)
	k := int(sum(treated))
	if n < 3 {
		return Permutation{}, fmt.Errorf("%w: %d units to reassign the treatment among", ErrTooFew, n)
	}
	if draws == 0 {
		draws = 9999
	}
	t := newReassigned(values, treated, k)
	out := Permutation{Effect: t.effect}
	if total := choose(n, k); total <= permutationLimit {
		out.Exact = true
		combinations(n, k, t.count)
	} else {
		r := rand.New(rand.NewPCG(seed, 0))
		t.count(t.observed())
		for range draws {
			t.count(r.Perm(n)[:k])
		}
	}
	out.Assignments = len(t.upper)
	out.P = float64(t.beyond) / float64(out.Assignments)
	out.MinimumP = 1 / float64(out.Assignments)
	out.Lo, out.Hi = t.interval(1 - level)
	return out, nil
}

// A reassigned counts assignments of the treatment.
type reassigned struct {
	y, d         []float64
	k            int
	total        float64
	effect       float64
	beyond       int
	upper, lower []float64 // per assignment, the last effect on either side that it does not beat
}

func newReassigned(y, d []float64, k int) *reassigned {
	t := &reassigned{y: y, d: d, k: k, total: sum(y)}
	t.effect, _ = t.compare(t.observed())
	return t
}

func (t *reassigned) observed() []int {
	var rows []int
	for i, v := range t.d {
		if v == 1 {
			rows = append(rows, i)
		}
	}
	return rows
}

// compare is the difference in means of the outcome and of the treatment itself.
func (t *reassigned) compare(rows []int) (effect, overlap float64) {
	s, both := 0.0, 0.0
	for _, i := range rows {
		s += t.y[i]
		both += t.d[i]
	}
	k, rest := float64(t.k), float64(len(t.y)-t.k)
	return s/k - (t.total-s)/rest, both/k - (k-both)/rest
}

// count adds one assignment. Under an effect τ its statistic is a − τb and the
// observed one effect − τ; it is at least as far from 0 until τ passes one bound on
// each side.
func (t *reassigned) count(rows []int) {
	a, b := t.compare(rows)
	slack := 1e-9 * (1 + math.Abs(t.effect))
	if math.Abs(a) >= math.Abs(t.effect)-slack {
		t.beyond++
	}
	if b >= 1-1e-12 || b <= -1+1e-12 {
		t.upper, t.lower = append(t.upper, math.Inf(1)), append(t.lower, math.Inf(-1))
		return
	}
	one, two := (a+t.effect)/(1+b), (t.effect-a)/(1-b)
	t.upper, t.lower = append(t.upper, max(one, two)), append(t.lower, min(one, two))
}

// interval keeps the effects whose p exceeds alpha.
func (t *reassigned) interval(alpha float64) (lo, hi float64) {
	slices.Sort(t.upper)
	slices.Sort(t.lower)
	n := len(t.upper)
	at := int(math.Floor(alpha*float64(n) + 1e-9))
	return t.lower[at], t.upper[n-1-at]
}

// choose is n over k, or a number above any limit.
func choose(n, k int) int {
	k = min(k, n-k)
	c := 1
	for i := range k {
		c = c * (n - i) / (i + 1)
		if c > 1e12 {
			return c
		}
	}
	return c
}

// combinations calls f with every k of n indices, in order. f must not keep rows.
func combinations(n, k int, f func(rows []int)) {
	rows := indices(k)
	for {
		f(rows)
		i := k - 1
		for i >= 0 && rows[i] == n-k+i {
			i--
		}
		if i < 0 {
			return
		}
		rows[i]++
		for j := i + 1; j < k; j++ {
			rows[j] = rows[j-1] + 1
		}
	}
}

// SignFlipTest asks whether paired differences centre on 0, by flipping their signs.
//
//	p = share of the 2ⁿ sign patterns whose |mean| ≥ the observed one
//
// All patterns are enumerated up to 17 differences; otherwise draws (9 999 if 0) are
// taken with the seed and p = (1 + #)/(1 + draws). Differences must be symmetric
// around their centre. It returns ErrTooFew with fewer than two differences,
// ErrNotFinite, and ErrConstant if all are 0.
//
// Source: R. Fisher, The Design of Experiments (1935) §21.
func SignFlipTest(differences []float64, draws int, seed uint64) (p float64, err error) {
	n := len(differences)
	if n < 2 {
		return 0, fmt.Errorf("%w: %d differences", ErrTooFew, n)
	}
	if i := notFinite(differences); i >= 0 {
		return 0, fmt.Errorf("difference %d: %w", i+1, ErrNotFinite)
	}
	if lo, hi := bounds(differences); lo == 0 && hi == 0 {
		return 0, ErrConstant
	}
	if draws == 0 {
		draws = 9999
	}
	observed := math.Abs(sum(differences))
	slack := 1e-9 * (1 + observed)
	flipped := func(negative func(i int) bool) float64 {
		s := 0.0
		for i, v := range differences {
			if negative(i) {
				v = -v
			}
			s += v
		}
		return math.Abs(s)
	}
	count := 0
	if n <= 17 {
		for pattern := range 1 << n {
			if flipped(func(i int) bool { return pattern>>i&1 == 1 }) >= observed-slack {
				count++
			}
		}
		return float64(count) / float64(int(1)<<n), nil
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range draws {
		if flipped(func(int) bool { return r.Uint64()&1 == 1 }) >= observed-slack {
			count++
		}
	}
	return float64(1+count) / float64(1+draws), nil
}
