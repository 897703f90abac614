package queries

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dials/warehouse"
)

// A cellBoard is what an attacker of one table writes down: an unknown for each unit
// and value.
type cellBoard struct {
	puzzle
	index         map[[2]string]int
	units, values []string
}

func (c *cellTable) board(totals *cellTable) *cellBoard {
	b := &cellBoard{index: map[[2]string]int{}}
	for k := range c.people {
		b.values = append(b.values, k[1])
	}
	for k := range totals.people {
		b.units = append(b.units, k[0])
	}
	b.units, b.values = slices.Compact(sorted(b.units)), slices.Compact(sorted(b.values))
	for _, u := range b.units {
		for _, v := range b.values {
			b.index[[2]string{u, v}] = len(b.names)
			b.names, b.low, b.high = append(b.names, u+" "+v), append(b.low, 0), append(b.high, math.Inf(1))
		}
	}
	// What is neither shown nor hidden is nobody.
	said := map[[2]string]bool{}
	for _, x := range c.told {
		said[[2]string{x.place, x.value}] = true
	}
	for _, x := range totals.told {
		for _, v := range b.values {
			if !said[[2]string{x.place, v}] {
				b.know(b.row(x.units, v), 0)
			}
		}
	}
	return b
}

// row is the sum of the values of units; no value is all.
func (b *cellBoard) row(units []string, values ...string) map[int]float64 {
	if values == nil {
		values = b.values
	}
	out := map[int]float64{}
	for _, u := range units {
		for _, v := range values {
			if i, ok := b.index[[2]string{u, v}]; ok {
				out[i] = 1
			}
		}
	}
	return out
}

// A cellQuestion asks for one secret.
type cellQuestion struct {
	name  string
	row   map[int]float64
	total float64
	guess float64 // the attacker guesses that it is at most so much
}

// answers returns how many questions were asked, and those that have one answer.
func (b *cellBoard) answers(questions []cellQuestion, rng *rand.Rand, most int) (asked int, found []string, err error) {
	slices.SortFunc(questions, func(a, b cellQuestion) int { return strings.Compare(a.name, b.name) })
	rng.Shuffle(len(questions), func(i, j int) { questions[i], questions[j] = questions[j], questions[i] })
	if most > 0 {
		questions = questions[:min(most, len(questions))]
	}
	known := len(b.sums)
	for _, q := range questions {
		if !math.IsInf(q.guess, 1) {
			b.sums = append(b.sums, sum{q.row, 0, q.guess})
		}
		got, ok, err := b.fixed(q.row)
		b.sums = b.sums[:known]
		if err != nil {
			return asked, found, fmt.Errorf("%s: %w", q.name, err)
		}
		if asked++; ok {
			found = append(found, fmt.Sprintf("the %v of %s follow from what is shown (found %v)", q.total, q.name, got))
		}
	}
	return asked, found, nil
}

// attackPeople asks for hidden counts of people, with the totals of the units beside
// them. The attacker works somewhere, and guesses rightly that what is asked for is
// hidden for its own sake. careless shows what is hidden for another's sake.
func (c *cellTable) attackPeople(totals *cellTable, rng *rand.Rand, most int, careless bool) (secrets, shown int, found []string, err error) {
	b := c.board(totals)
	for _, x := range totals.told {
		if !x.isHidden || careless && x.people >= c.floor {
			b.know(b.row(x.units), x.people)
			shown++
		}
	}
	var questions []cellQuestion
	for _, x := range c.told {
		r := b.row(x.units, x.value)
		switch {
		case !x.isHidden || careless && x.people >= c.floor:
			b.know(r, x.people)
			shown++
		case x.people > 0 && x.people < c.floor:
			guess := math.Inf(1)
			if rng.IntN(2) == 0 {
				guess = c.floor - 1
			}
			questions = append(questions, cellQuestion{"people of " + x.place + " " + x.value, r, x.people, guess})
		}
	}
	var own [][2]string
	for k := range c.people {
		own = append(own, k)
	}
	slices.SortFunc(own, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	b.low[b.index[own[rng.IntN(len(own))]]] = 1
	secrets, found, err = b.answers(questions, rng, most)
	return secrets, shown, found, err
}

// attackNumerators asks for the numerators of a rate that are told as a range, or not at all.
func (c *cellTable) attackNumerators(totals *cellTable, rng *rand.Rand, most int) (secrets, shown int, found []string, err error) {
	b := c.board(totals)
	var questions []cellQuestion
	learn := func(x toldCell, r map[int]float64) {
		switch {
		case x.isHidden:
		case x.isRange:
			b.sums = append(b.sums, sum{r, x.low, x.high}, sum{r, 0, x.people})
		default:
			b.know(r, x.numerator)
			shown++
		}
		if x.people > 0 && (x.numerator < 5 || x.numerator >= x.people) {
			questions = append(questions, cellQuestion{"numerator of " + x.place + " " + x.value, r, x.numerator, math.Inf(1)})
		}
	}
	for _, x := range totals.told {
		learn(x, b.row(x.units))
	}
	for _, x := range c.told {
		learn(x, b.row(x.units, x.value))
	}
	secrets, found, err = b.answers(questions, rng, most)
	return secrets, shown, found, err
}

// A tally counts what was asked for and what was shown.
type tally struct{ people, shown, numerators, told, easy int }

// attackCellTables works at the tables of people: unit tree × title or location × month.
func attackCellTables(t *testing.T, w *warehouse.Warehouse, first, seeds int, sum *tally) {
	t.Helper()
	most, others := 2, 5 // questions a table; of the tables beside the heads one in so many
	if seeds >= 500 {
		most, others = 0, 1
	}
	hideCells(t, w, attackCells)
	tables, totals := cellTables(t, w), map[string]*cellTable{}
	for _, c := range tables {
		if c.attribute == "" {
			totals[c.name+c.month.String()] = c
		}
	}
	for i, c := range tables {
		rng := rand.New(rand.NewPCG(uint64(first), uint64(i)))
		if c.attribute == "" || c.name != "heads " && rng.IntN(others) > 0 {
			continue
		}
		all := totals[c.name+c.month.String()]
		report := func(secrets, open int, found []string, err error) (int, int) {
			if err != nil {
				t.Fatalf("seeds from %d, %s: %v", first, c, err)
			}
			for _, f := range found {
				t.Errorf("seeds from %d, %s: %s", first, c, f)
			}
			return secrets, open
		}
		s, n := report(c.attackPeople(all, rng, most, false))
		sum.people, sum.shown = sum.people+s, sum.shown+n
		if c.numerators != nil {
			s, n = report(c.attackNumerators(all, rng, most))
			sum.numerators, sum.told = sum.numerators+s, sum.told+n
		}
		if rng.IntN(8) == 0 {
			if _, _, found, err := c.attackPeople(all, rng, most, true); err == nil {
				sum.easy += len(found)
			}
		}
	}
}
