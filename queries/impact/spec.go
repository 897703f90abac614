package impact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Spec is the settings of one analysis: the flags of `dials estimate`. Columns
// are names in the frame; an empty name is a flag that was not given.
type Spec struct {
	Design string

	Outcome      string
	Unit         string
	Time         string
	Treated      string
	FirstTreated string
	Post         string
	Instrument   string
	Covariates   []string
	Cluster      []string
	Weights      string
	Fixed        []string // --fe
	Offset       string
	At           string // first treated period, as the time column writes it
	Comparison   string
	Predictors   []string // a or a:FROM-TO
	Reference    *int     // event-study base; nil: −1
	Balance      *int

	SE            string
	Lags          string // a number, auto, or empty for the design's default
	DoF           string
	Control       string
	Method        string
	Base          string
	Anticipation  int
	Season        string
	Family        string
	Estimand      string
	Neighbours    int
	BiasAdjust    bool
	Variance      string
	Level         float64 // 0: 0.95
	Seed          uint64  // 0: 1
	Draws         int
	Expand        bool
	WeightsReport string
	PlaceboSpace  bool
	PlaceboTime   string
	Sensitivity   []string // honest-rm:M, honest-sd:M

	Power PowerSpec
}

// A PowerSpec is the settings of the power design; 0 is a flag that was not given.
type PowerSpec struct {
	N1, N2      float64
	SD          float64
	Effect      float64
	ICC         float64
	ClusterSize float64
	Clusters    float64
	Pre, Post   float64
	Rho         float64
	Power       float64
	Alpha       float64
}

// A design runs one analysis; its settings have their defaults filled in.
type design func(s Spec, f *Frame) (*Report, error)

// designs are the designs by name.
func designs() map[string]design {
	return map[string]design{
		"ols":               runOLS,
		"before-after":      runBeforeAfter,
		"randomized":        runRandomized,
		"did":               runDiD,
		"twfe":              runTWFE,
		"event-study":       runEventStudy,
		"its":               runITS,
		"staggered":         runStaggered,
		"sun-abraham":       runSunAbraham,
		"imputation":        runImputation,
		"synthetic-control": runSyntheticControl,
		"sdid":              runSDID,
		"matching":          runMatching,
		"ipw":               runWeighting,
		"aipw":              runWeighting,
		"ra":                runWeighting,
		"ipwra":             runWeighting,
		"drdid":             runDRDID,
		"drdid-rc":          runDRDIDCross,
		"power":             runPower,
	}
}

// Designs lists the names of the designs in order.
func Designs() []string { return slices.Sorted(maps.Keys(designs())) }

// Run estimates what the spec asks for on the frame's columns. The power design
// needs no frame.
//
// Rows with a missing or infinite value in a column that the analysis uses are left
// out and counted in the report by reason. Settings in the report name every choice,
// the defaults included.
func Run(s Spec, f *Frame) (*Report, error) {
	run, ok := designs()[s.Design]
	if !ok {
		return nil, fmt.Errorf("no design %q; there are %s", s.Design, strings.Join(Designs(), ", "))
	}
	if s.Level == 0 {
		s.Level = 0.95
	}
	if !(s.Level > 0 && s.Level < 1) {
		return nil, fmt.Errorf("level %v; it must lie between 0 and 1", s.Level)
	}
	if s.Seed == 0 {
		s.Seed = 1
	}
	if s.Design != "power" {
		if f == nil || f.Rows() == 0 {
			return nil, fmt.Errorf("%w: the file has no rows", ErrTooFew)
		}
		if s.Outcome == "" {
			return nil, fmt.Errorf("design %s needs an outcome column: --outcome", s.Design)
		}
	}
	r, err := run(s, f)
	if err != nil {
		return nil, err
	}
	r.Design = s.Design
	if r.Settings == nil {
		r.Settings = map[string]any{}
	}
	r.Settings["level"] = s.Level
	r.Warnings = append(r.Warnings, s.ignored()...)
	return r, nil
}

// need returns an error that names the flags that a design misses.
func (s Spec) need(flags ...string) error {
	given := map[string]bool{
		"unit": s.Unit != "", "time": s.Time != "", "treated": s.Treated != "", "first-treated": s.FirstTreated != "",
		"post": s.Post != "", "at": s.At != "", "covariates": len(s.Covariates) > 0, "cluster": len(s.Cluster) > 0,
	}
	var missing []string
	for _, f := range flags {
		if !given[f] {
			missing = append(missing, "--"+f)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("design %s needs %s", s.Design, strings.Join(missing, " and "))
	}
	return nil
}
