package evidence

// A Design is how the effect of a tactic was estimated.
type Design string

// The designs, by the names that package impact has for them.
const (
	NoDesign   Design = ""
	Series     Design = "its"
	Difference Design = "did"
	Synthetic  Design = "sdid"
	RollOut    Design = "staggered"
	Experiment Design = "randomized"
	Adjusted   Design = "aipw" // people who were chosen, by what is known of them
)

// A Trial is everything that is known of one tactic and one dial, before it is
// judged. A part that was not looked at is nil: it opens no gate.
type Trial struct {
	Case
	Name      string // of the tactic
	Wanted    Wanted
	Reporting float64 // least share of the units that reported in a month of the analysis
	// DeliveredWords says what shows that the tactic was delivered, or what is missing.
	DeliveredWords string

	Design   Design
	Estimate *Estimate
	// Worth is the smallest effect worth having, without sign, on the scale of
	// the estimate; 0 where the link does not say.
	Worth float64

	// CompanyEffect is what the estimate makes of the whole company's dial over the
	// months of Change, in the dial's unit; 0 where unknown.
	CompanyEffect float64

	Series    *SeriesFacts
	Groups    *GroupFacts
	Waves     *WaveFacts
	Random    *RandomFacts
	Selection *SelectionFacts // of units that were chosen on the dial
	Rivals    []Rival
}

// An Estimate is an effect on the scale of the analysis.
type Estimate struct {
	Value, StdErr float64
	DF            float64 // of the t distribution; 0 is the normal
	P             float64 // two-sided
	// IsByPermutation says that P is not that of Value ÷ StdErr.
	IsByPermutation bool
}

// SeriesFacts are about one series before and after a launch.
type SeriesFacts struct {
	Pre, Post     int // complete months
	HasSeason     bool
	IsSmallSample bool // errors allow for correlation in time and few months
	Placebos      int  // start dates in the months before that were tried
	// Larger counts the placebo dates whose effect is at least as large.
	Larger int
}

// GroupFacts are about treated and comparison units.
type GroupFacts struct {
	Treated, Comparison int
	IsWeighted          bool // the comparison units, for balance
	Balance             []Imbalance
	// Drift is the difference in trend per month that a test of 80 % power would
	// have seen before the launch, and Exposure the mean months of exposure.
	Drift, Exposure float64
	HasDrift        bool
	// TrendP tests whether the groups had the same trend before the launch: the less
	// of p with and without weights, for weights can hide a trend behind chance.
	TrendP   float64
	HasTrend bool
	Placebos int // other assignments that were tried
	PlaceboP float64
}

// An Imbalance is the standardised mean difference of one thing before the launch.
type Imbalance struct {
	Name string
	SMD  float64
}

// WaveFacts are about a staggered roll-out.
type WaveFacts struct {
	Waves         int
	OnlyUntreated bool // each wave is compared with units not treated yet, or never
	IsByRule      bool // units and order by a rule or at random
	IsLogged      bool // before the launch
	// Flips says that the average over unit-months and that over units have opposite signs, IsOpposed
	// that some waves gained and others lost by more than chance explains.
	Flips, IsOpposed bool
	// OrderP and ChosenP test whether the order of the waves and the choice of
	// the units went with the dial before the launch.
	OrderP, ChosenP float64
}

// RandomFacts are about an assignment at random.
type RandomFacts struct {
	IsLogged     bool // before the launch
	IsAsAssigned bool // analysed by arm, whoever took it up
	Treated      Arm
	Control      Arm
	BalanceP     float64 // of the omnibus test
	HasBalance   bool
}

// An Arm is one side of an experiment.
type Arm struct {
	Assigned int
	Unknown  int // whose outcome is not known
}

func (a Arm) unknown() float64 {
	if a.Assigned == 0 {
		return 1
	}
	return float64(a.Unknown) / float64(a.Assigned)
}

// SelectionFacts are about units that were chosen for the dial's level.
type SelectionFacts struct {
	EarlierMonths int // complete months before the window on which they were chosen
	IsLeftOut     bool
	IsMatched     bool // on those earlier months
}

// A Rival is something else aimed at the same dial.
type Rival struct {
	Name                string
	Treated, Comparison float64 // shares of the units that it touched in the window
	IsIndependent       bool    // it started independently of the assignment
}
