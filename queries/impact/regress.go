package impact

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// A Model is a linear regression of Y on the columns X, with fixed effects that are
// absorbed and weights of rows.
type Model struct {
	Names     []string    // names of the columns of X
	X         [][]float64 // columns
	Y         []float64
	Intercept bool      // adds a column const; ignored where there are fixed effects
	Fixed     []Key     // at most two sets of fixed effects
	Weights   []float64 // nil: all 1; must not be negative
}

// Errors says how the errors of a regression are computed.
type Errors struct {
	Kind    string // classical, hc0 to hc3, cluster, cr2, cr3, cv3, newey-west, driscoll-kraay, wild-cluster
	Cluster []Key  // one, or two for two-way clustering
	Unit    []int  // panels under newey-west: autocovariances stay within a unit
	Time    []int  // order of the rows in time, for newey-west and driscoll-kraay
	Lags    int    // of newey-west and driscoll-kraay; negative for ⌊4(T/100)^(2/9)⌋
	DoF     string // small-sample factor: stata, fixest or none
	Draws   int    // of the wild bootstrap
	Seed    uint64
}

// A Regression is a fitted [Model] with the covariance of its coefficients.
type Regression struct {
	Names    []string // const first, where there is one
	Coef     []float64
	V        *mat.SymDense
	DF       []float64 // degrees of freedom of each coefficient's t distribution
	Obs      int
	Params   int // coefficients, absorbed ones included
	Clusters int // the smaller number, under two-way clustering
	Lags     int // used by the kernel
	Resid    []float64
	Kind     string
	Warnings []string

	wild *wild // the bootstrap of wild-cluster
	fit  *fit
	skip int // materialised dummies before the named coefficients
}

// Regress fits a linear regression and its standard errors.
//
//	b = (X'WX)⁻¹X'Wy    V = (X'WX)⁻¹ M (X'WX)⁻¹
//
// The meat M depends on e.Kind; u are residuals, h leverages, s_g = X_g'W_gu_g the
// score of cluster g, and A = (X'WX)⁻¹:
//
//	classical       σ²X'WX with σ² = u'Wu/(N−K)             t(N−K)
//	hc0 … hc3       Σ u²xx', ×N/(N−K), u²/(1−h), u²/(1−h)²   t(N−K)
//	cluster         Σ s_g s_g' × G/(G−1) × (N−1)/(N−K)       t(G−1)
//	two clusters    V₁ + V₂ − V₁₂                            t(min G − 1)
//	cr2, cr3, cv3   adjusted scores, see [Errors]            Satterthwaite; t(G−1)
//	newey-west      Bartlett kernel, ×N/(N−K)                t(N−K)
//	driscoll-kraay  Bartlett kernel over period sums         t(T−1)
//	wild-cluster    cluster errors; p and interval by bootstrap
//
// The factor of cluster errors follows e.DoF. stata counts every parameter in K and
// gives each term of two-way errors its own factor; fixest counts the fixed effects
// that are not nested in the cluster and uses the smaller G throughout; none is 1.
//
// It returns a [CollinearError], ErrTooFew, ErrNotFinite, ErrOneCluster or
// ErrConstant.
//
// Sources: H. White, Econometrica 48 (1980) 817–838; J. MacKinnon and H. White,
// J. Econometrics 29 (1985) 305–325; A. C. Cameron, J. Gelbach and D. Miller,
// J. Business & Economic Statistics 29 (2011) 238–249; W. Newey and K. West,
// Econometrica 55 (1987) 703–708.
func Regress(m Model, e Errors) (*Regression, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	for _, k := range e.Cluster {
		if k.Levels() < 2 {
			return nil, fmt.Errorf("%w: column %q has a single value; errors need at least two", ErrOneCluster, k.Name)
		}
	}
	if len(e.Cluster) > 2 {
		return nil, fmt.Errorf("%d cluster columns; at most two", len(e.Cluster))
	}
	absorbed, dummies, err := m.arrange(e)
	if err != nil {
		return nil, err
	}
	f, skip, err := m.fit(absorbed, dummies)
	if err != nil {
		return nil, err
	}
	r := &Regression{
		Names: f.names[skip:], Coef: f.coef[skip:], Obs: f.n, Kind: e.Kind, fit: f, skip: skip,
		Params: m.params(m.Fixed), Resid: m.unscale(f.resid),
	}
	if r.Obs <= r.Params {
		return nil, fmt.Errorf("%w: %d rows for %d parameters", ErrTooFew, r.Obs, r.Params)
	}
	if err := r.infer(m, e, absorbed); err != nil {
		return nil, err
	}
	return r, nil
}

// Estimate is coefficient j with its test and interval.
func (r *Regression) Estimate(j int, level float64) Estimate {
	e := NewEstimate(r.Coef[j], math.Sqrt(r.V.At(j, j)), r.DF[j], level)
	if r.wild != nil {
		r.wild.test(&e, j+r.skip)
	}
	return e
}

// Index is the position of a named coefficient, −1 if there is none.
func (r *Regression) Index(name string) int {
	for j, n := range r.Names {
		if n == name {
			return j
		}
	}
	return -1
}

// Combine is the estimate of Σ c_j b_j, on the smallest of the degrees of freedom
// of the coefficients that take part.
func (r *Regression) Combine(c []float64, level float64) Estimate {
	value, v, df := 0.0, 0.0, math.Inf(1)
	for i, ci := range c {
		if ci == 0 {
			continue
		}
		value += ci * r.Coef[i]
		df = min(df, r.DF[i])
		for j, cj := range c {
			v += ci * cj * r.V.At(i, j)
		}
	}
	return NewEstimate(value, math.Sqrt(max(v, 0)), df, level)
}

func (m *Model) validate() error {
	n := len(m.Y)
	if n < 2 {
		return fmt.Errorf("%w: %d row", ErrTooFew, n)
	}
	if len(m.X) == 0 && (!m.Intercept || len(m.Fixed) > 0) {
		return fmt.Errorf("the regression has no columns")
	}
	if err := finite("the outcome", m.Y); err != nil {
		return err
	}
	if err := tooWide(len(m.X), n); err != nil {
		return err
	}
	for j, x := range m.X {
		if len(x) != n {
			return fmt.Errorf("column %q has %d rows where the outcome has %d", m.Names[j], len(x), n)
		}
		if err := finite(fmt.Sprintf("column %q", m.Names[j]), x); err != nil {
			return err
		}
	}
	for i, w := range m.Weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("row %d: weight %v; weights must be positive", i+1, w)
		}
	}
	if constant(m.Y) {
		return fmt.Errorf("%w: every row holds %v", ErrConstant, m.Y[0])
	}
	return nil
}

// tooWide returns an error if a design needs more than 2 GB or some minutes.
func tooWide(columns, rows int) error {
	if n, k := float64(rows), float64(columns); n*k > 250e6 || n*k*k > 2e10 {
		return fmt.Errorf("%d columns on %d rows take too much memory or time; use the staggered or the imputation design, which work by cohort", columns, rows)
	}
	return nil
}

func finite(what string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%w: %s, row %d", ErrNotFinite, what, i+1)
		}
	}
	return nil
}

func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// needsHat reports whether the errors use leverages, which must count the fixed
// effects.
func needsHat(kind string) bool {
	switch kind {
	case "hc2", "hc3", "cr2", "cr3", "cv3", "wild-cluster":
		return true
	}
	return false
}

// arrange says which fixed effects are absorbed and which become dummies. Effects
// nested in the cluster can always be absorbed: they leave cluster leverages as
// they are (Pustejovsky and Tipton 2018, theorem 2).
func (m *Model) arrange(e Errors) (absorbed, dummies []Key, err error) {
	if !needsHat(e.Kind) {
		return m.Fixed, nil, nil
	}
	for _, k := range m.Fixed {
		if strings.HasPrefix(e.Kind, "hc") || !nested(k, e.Cluster) || (m.Weights != nil && e.Kind == "cr2") {
			dummies = append(dummies, k)
		} else {
			absorbed = append(absorbed, k)
		}
	}
	levels := 0
	for _, k := range dummies {
		levels += k.Levels()
	}
	if levels > 3000 || levels*len(m.Y) > 200e6 {
		return nil, nil, fmt.Errorf("errors %s need %d dummies on %d rows, too many: use cluster", e.Kind, levels, len(m.Y))
	}
	return absorbed, dummies, nil
}

// nested reports whether each level of k lies in one cluster of some clustering.
func nested(k Key, clusters []Key) bool {
	for _, c := range clusters {
		of := make([]int, k.Levels())
		ok := true
		for i, level := range k.Codes {
			g := c.Codes[i] + 1
			if of[level] != 0 && of[level] != g {
				ok = false
				break
			}
			of[level] = g
		}
		if ok {
			return true
		}
	}
	return false
}

// params counts coefficients and the levels of the fixed effects in keys, one set
// in full and the others less one.
func (m *Model) params(keys []Key) int {
	k := len(m.X)
	if len(m.Fixed) > 0 || m.Intercept {
		k++
	}
	for _, key := range keys {
		k += key.Levels() - 1
	}
	return k
}

// fit scales, absorbs and factorises. It returns the fit and how many dummies come
// before the named columns.
func (m *Model) fit(absorbed, dummies []Key) (*fit, int, error) {
	root := m.roots()
	a, err := newAbsorber(absorbed, m.Weights)
	if err != nil {
		return nil, 0, err
	}
	var columns [][]float64
	var names []string
	var norms []float64
	add := func(name string, col []float64) {
		names, norms = append(names, name), append(norms, scaledNorm(col, root))
		a.remove(col)
		columns = append(columns, scaled(col, root))
	}
	for _, k := range dummies {
		for level, label := range k.Labels {
			col := make([]float64, len(m.Y))
			for i, c := range k.Codes {
				if c == level {
					col[i] = 1
				}
			}
			add(hidden+k.Name+" "+label, col)
		}
	}
	if len(columns) > 0 {
		columns, names, norms = independent(columns, names, norms)
	}
	skip := len(columns)
	if m.Intercept && len(m.Fixed) == 0 {
		add("const", ones(len(m.Y)))
	}
	for j, x := range m.X {
		add(m.Names[j], append([]float64(nil), x...))
	}
	y := append([]float64(nil), m.Y...)
	a.remove(y)
	f, err := leastSquares(scaled(y, root), columns, names, norms)
	var c *CollinearError
	if errors.As(err, &c) {
		with := c.With[:0]
		for _, w := range c.With {
			if !strings.HasPrefix(w, hidden) {
				with = append(with, w)
			}
		}
		c.With = with
	}
	return f, skip, err
}

// hidden marks the names of dummies, which are never reported.
const hidden = "\x00"

// independent keeps the columns that are not spanned by those before them.
func independent(columns [][]float64, names []string, norms []float64) ([][]float64, []string, []float64) {
	var q, kept [][]float64
	var keptNames []string
	var keptNorms []float64
	for j, col := range columns {
		c := append([]float64(nil), col...)
		for pass := 0; pass < 2; pass++ {
			for _, b := range q {
				axpy(-dot(b, c), b, c)
			}
		}
		left := norm(c)
		if left <= collinear*norms[j] {
			continue
		}
		scale(1/left, c)
		q, kept = append(q, c), append(kept, col)
		keptNames, keptNorms = append(keptNames, names[j]), append(keptNorms, norms[j])
	}
	return kept, keptNames, keptNorms
}

// roots is √w per row, nil without weights.
func (m *Model) roots() []float64 {
	if m.Weights == nil {
		return nil
	}
	root := make([]float64, len(m.Weights))
	for i, w := range m.Weights {
		root[i] = math.Sqrt(w)
	}
	return root
}

func (m *Model) unscale(u []float64) []float64 {
	root := m.roots()
	if root == nil {
		return u
	}
	out := make([]float64, len(u))
	for i := range u {
		out[i] = u[i] / root[i]
	}
	return out
}

func scaled(x, root []float64) []float64 {
	for i, r := range root {
		x[i] *= r
	}
	return x
}

func scaledNorm(x, root []float64) float64 {
	if root == nil {
		return norm(x)
	}
	s := 0.0
	for i, r := range root {
		s += x[i] * x[i] * r * r
	}
	return math.Sqrt(s)
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// quadratic is C V C' for rows of combinations.
func (r *Regression) quadratic(rows [][]float64) *mat.SymDense {
	k := len(rows)
	out := mat.NewSymDense(k, nil)
	vc := make([]*mat.VecDense, k)
	for i, c := range rows {
		vc[i] = mat.NewVecDense(len(c), nil)
		vc[i].MulVec(r.V, mat.NewVecDense(len(c), c))
	}
	for i := range k {
		for j := i; j < k; j++ {
			out.SetSym(i, j, mat.Dot(mat.NewVecDense(len(rows[i]), rows[i]), vc[j]))
		}
	}
	return out
}
