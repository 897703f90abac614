package forecast

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// straight is a goal of 200 days that was read every 20 days at these progresses.
func straight(progress ...float64) Goal {
	g := Goal{Start: 1000, Due: 1200}
	for i, p := range progress {
		g.Readings = append(g.Readings, Reading{Day: 1020 + 20*i, Progress: p})
	}
	return g
}

// By hand: after 80 of 200 days 32 % were earned, which was planned for day 64, so
// SPI = 0.8 and the end is 200 ÷ 0.8 = 250 days after the start.
func TestEarnedSchedule(t *testing.T) {
	f, err := Calibration{}.Complete(straight(.10, .16, .26, .32))
	if err != nil {
		t.Fatal(err)
	}
	// slopes by day: .003 .004 .0036667 .005 .004 .003, their median .0038333
	if want := 1080 + .68/.00383333333; math.Abs(f.TheilSen-want) > 1e-6 {
		t.Errorf("Theil–Sen ends on day %v, want %v", f.TheilSen, want)
	}
	if math.Abs(f.SPI-.8) > 1e-12 || math.Abs(f.Finish-1250) > 1e-9 || math.Abs(f.Slip-50) > 1e-9 || !f.IsFlagged {
		t.Errorf("got %+v", f)
	}
	if f.Low >= f.Finish || f.High <= f.Finish || f.Low < 1080 || f.OnTime <= 0 || f.OnTime >= .5 {
		t.Errorf("the range is %v to %v, on time with %v", f.Low, f.High, f.OnTime)
	}
	// What was planned to be slow at first is not late for being slow at first: a
	// third of the time planned for 7.41 % of 3x² − 2x³ … 25.93 %.
	s := straight(.0280, .1040, .2160)
	s.Curve = SCurve
	if f, err := (Calibration{}).Complete(s); err != nil || math.Abs(f.SPI-1) > 1e-3 || math.Abs(f.Finish-1200) > .2 {
		t.Errorf("on the planned curve: %+v, %v", f, err)
	}
}

// A flag needs more than seven days and more than a tenth of the planned time.
func TestFlag(t *testing.T) {
	for _, tt := range []struct {
		planned  int
		progress float64 // after half of the planned time
		want     bool
	}{
		{200, .5, false}, {200, .5 / 1.099, false}, {200, .5 / 1.11, true}, {40, .5 / 1.15, false}, {40, .5 / 1.18, true}, {200, .8, false},
	} {
		g := Goal{Due: tt.planned}
		for i := 1; i <= 5; i++ {
			g.Readings = append(g.Readings, Reading{Day: tt.planned * i / 10, Progress: tt.progress * float64(i) / 5})
		}
		f, err := Calibration{}.Complete(g)
		if err != nil || f.IsFlagged != tt.want {
			t.Errorf("%+v: %+v, %v", tt, f, err)
		}
	}
}

func TestTooEarly(t *testing.T) {
	for name, g := range map[string]Goal{
		"no reading": straight(), "two readings": straight(.1, .2), "no progress": straight(.1, .1, 0), "backwards": straight(0, -.1, -.2),
	} {
		if _, err := (Calibration{}).Complete(g); !errors.Is(err, ErrTooEarly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unordered := straight(.1, .2, .3)
	unordered.Readings[2].Day = 1030
	never := straight(.1, .2, .3)
	never.Due = never.Start
	infinite := straight(.1, math.Inf(1), .3)
	for name, g := range map[string]Goal{"unordered": unordered, "due at its start": never, "infinite": infinite} {
		if _, err := (Calibration{}).Complete(g); !errors.Is(err, ErrBadYear) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nobody moves: the cross-check has no answer, earned schedule still has.
	if f, err := (Calibration{}).Complete(straight(.3, .3, .3, .3)); err != nil || !math.IsNaN(f.TheilSen) || f.Finish <= 1200 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestCurves(t *testing.T) {
	for _, c := range []Curve{Linear, SCurve, FrontLoaded, BackLoaded, ""} {
		for x := 0.0; x <= 1; x += .05 {
			if back := c.earned(c.Expected(x)); math.Abs(back-x) > 1e-7 {
				t.Errorf("%q: %v comes back as %v", c, x, back)
			}
		}
		if c.Expected(-1) != 0 || c.Expected(2) != 1 || c.earned(1.4) != 1 || math.Abs(c.earned(-1)) > 1e-12 {
			t.Errorf("%q does not end where it should", c)
		}
	}
}

// walk is a goal whose progress is a walk with a pace and jumps, until it is done.
func walk(rng *rand.Rand, start, planned, step int, pace, noise float64) (g Goal, finish int) {
	g = Goal{Start: start, Due: start + planned}
	p, day := 0.0, start
	for p < 1 && day < start+6*planned {
		// gamma increments: mean pace, variance noise² a day of the plan
		mean := pace * float64(step) / float64(planned)
		shape := mean * mean / (noise * noise * float64(step) / float64(planned))
		p += gamma(rng, shape) * mean / shape
		day += step
		g.Readings = append(g.Readings, Reading{Day: day, Progress: p})
	}
	before := 0.0
	if n := len(g.Readings); n > 1 {
		before = g.Readings[n-2].Progress
	}
	return g, day - int(float64(step)*(p-1)/max(p-before, 1e-9))
}

// gamma draws from a gamma distribution (Marsaglia and Tsang).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := rng.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// world is what is known on a day of goals of a company, and when each was done.
func world(seed uint64, goals, today int) (past []Past, truth []int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for range goals {
		g, finish := walk(rng, rng.IntN(today), 90+rng.IntN(200), 14+7*rng.IntN(4), .65+.6*rng.Float64(), .1+.2*rng.Float64())
		p := Past{Goal: g}
		n := 0
		for n < len(g.Readings) && g.Readings[n].Day <= today && (finish > today || g.Readings[n].Progress < 1) {
			n++
		}
		p.Readings = g.Readings[:n]
		if finish <= today {
			p.Finish = finish
		}
		past, truth = append(past, p), append(truth, finish)
	}
	return past, truth
}

// Where the process is known, the range of what goes on today holds its end 80 times
// in 100, the probability is as often right as it says, and the published quality
// says the same of the past.
func TestGoalCoverage(t *testing.T) {
	const today = 900
	var held, asked, said, onTime, covered, ranges float64
	for seed := range uint64(100) {
		past, truth := world(seed, 80, today)
		c := Calibrate(past, today)
		for i, p := range past {
			if p.Finish != 0 {
				continue
			}
			f, err := c.Complete(p.Goal)
			if err != nil {
				continue
			}
			asked++
			if end := float64(truth[i]); f.Low <= end && end <= f.High {
				held++
			}
			if p.Due > today {
				said += f.OnTime
				if truth[i] <= p.Due {
					onTime++
				}
			}
		}
		if seed < 10 {
			q := BackTest(past, today)
			covered, ranges = covered+q.Covered, ranges+q.Ranges
			if q.Brier >= q.Base || len(q.Bins) < 3 || q.Finished < 20 {
				t.Errorf("seed %d: %+v", seed, q)
			}
		}
	}
	t.Logf("%.0f forecasts of what is to come: the range held %.1f %%; on time %.0f, said %.1f; published %.1f %%", asked, 100*held/asked, onTime, said, 100*covered/ranges)
	if share := held / asked; share < .75 || share > .85 {
		t.Errorf("the 80 %% range held %.1f %%", 100*share)
	}
	if math.Abs(said-onTime) > .12*asked {
		t.Errorf("%.0f were on time, said were %.1f", onTime, said)
	}
	if share := covered / ranges; share < .72 || share > .88 {
		t.Errorf("published are %.1f %%", 100*share)
	}
}

// By hand: six goals of 100 days, read on days 20, 40, 60 and 80 …; what is published
// counts each of them once.
func TestBackTestCounts(t *testing.T) {
	goal := func(start int, pace float64, warned bool) Past {
		p := Past{Goal: Goal{Start: start, Due: start + 100}}
		for d := 20; d <= 200 && pace*float64(d-20) < 1; d += 20 {
			p.Readings = append(p.Readings, Reading{Day: start + d, Progress: pace * float64(d), IsWarned: warned && d >= 60})
		}
		p.Finish = start + int(1/pace)
		return p
	}
	late := goal(0, .005, false)     // done after 200 days, seen to be late from the third reading on
	warned := goal(50, .005, true)   // the same, and its owner said so on day 60, 40 days before it was due
	onTime := goal(100, .0125, true) // done after 80 days
	sudden := goal(150, .0125, false)
	sudden.Finish = 150 + 160 // went well until nobody finished it
	sudden.Readings = sudden.Readings[:3]
	given := goal(200, .005, false)
	given.IsAbandoned = true
	open := goal(250, .004, false) // not done by the day of the test, but due
	open.Finish = 0
	q := BackTest([]Past{late, warned, onTime, sudden, given, open}, 500)
	if q.Finished != 4 || q.Missed != 4 || q.Surprises != 1 || q.Unsaid != 3 || q.Judged != 5 {
		t.Errorf("got %+v", q)
	}
	// one of five was on time: always saying 20 % scores 0.16
	if math.Abs(q.Base-.16) > 1e-12 {
		t.Errorf("the base is %v", q.Base)
	}
	none := BackTest(nil, 500)
	if none.Finished != 0 || !math.IsNaN(none.Brier) || none.Bins != nil {
		t.Errorf("of nothing: %+v", none)
	}
}

// A calibration learns from goals that always take twice as long as they look.
func TestCalibrateLearns(t *testing.T) {
	var past []Past
	for i := range 40 {
		p := Past{Goal: Goal{Start: 10 * i, Due: 10*i + 100}}
		for d := 10; d <= 50; d += 10 {
			p.Readings = append(p.Readings, Reading{Day: 10*i + d, Progress: float64(d)/100 + .02*float64((i*7+d)%5)})
		}
		p.Finish = 10*i + 150 // 100 days after the last reading, which made it look like 50
		past = append(past, p)
	}
	c := Calibrate(past, 2000)
	f, err := c.Complete(past[0].Goal)
	if err != nil || c.Finished != 40 || f.Low < 110 || f.OnTime > .25 {
		t.Errorf("learned %+v, so %+v, %v", c, f, err)
	}
	if before := Calibrate(past, -1); before.Finished != 0 || before.Stages != nil {
		t.Errorf("before the first: %+v", before)
	}
}

// A goal that earned 32 % in 80 of 200 days will take 250, which is 50 too many.
func ExampleCalibration_Complete() {
	g := Goal{Start: 0, Due: 200, Readings: []Reading{{Day: 20, Progress: .1}, {Day: 40, Progress: .16}, {Day: 60, Progress: .26}, {Day: 80, Progress: .32}}}
	f, _ := Calibration{}.Complete(g)
	fmt.Printf("day %.0f, %.0f days late, flagged %t\n", f.Finish, f.Slip, f.IsFlagged)
	// Output: day 250, 50 days late, flagged true
}
