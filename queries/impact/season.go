package impact

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// SeasonColumns makes the columns of a season. phase is the position of each row in
// the year, from 0; year is how many positions a year has (12 for months).
//
//	none, ""   none
//	month      one dummy per position but the first
//	quarter    one dummy per quarter but the first
//	fourier:K  sin and cos of 2πkt/year for k = 1 … K; sin is left out where it is 0
//
// It returns an error for another name, for month or quarter where a year has no such
// parts, and for K above half of year.
func SeasonColumns(season string, phase []int, year int) (names []string, columns [][]float64, err error) {
	dummies := func(prefix string, parts int) {
		per := year / parts
		for q := 1; q < parts; q++ {
			col := make([]float64, len(phase))
			for i, p := range phase {
				if p/per == q {
					col[i] = 1
				}
			}
			names, columns = append(names, prefix+strconv.Itoa(q+1)), append(columns, col)
		}
	}
	kind, arg, _ := strings.Cut(season, ":")
	switch kind {
	case "", "none":
	case "month":
		if year < 2 {
			return nil, nil, fmt.Errorf("--season month: periods are years")
		}
		dummies("month", year)
	case "quarter":
		if year%4 != 0 {
			return nil, nil, fmt.Errorf("--season quarter: %d periods a year", year)
		}
		dummies("quarter", 4)
	case "fourier":
		k, convErr := strconv.Atoi(arg)
		if convErr != nil || k < 1 || 2*k > year {
			return nil, nil, fmt.Errorf("--season %q; use fourier:K with K from 1 to %d", season, year/2)
		}
		for h := 1; h <= k; h++ {
			s, c := make([]float64, len(phase)), make([]float64, len(phase))
			for i, p := range phase {
				s[i], c[i] = math.Sincos(2 * math.Pi * float64(h*p) / float64(year))
			}
			if 2*h != year {
				names, columns = append(names, fmt.Sprint("sin", h)), append(columns, s)
			}
			names, columns = append(names, fmt.Sprint("cos", h)), append(columns, c)
		}
	default:
		return nil, nil, fmt.Errorf("--season %q; use none, month, quarter or fourier:K", season)
	}
	return names, columns, nil
}

// phase is the position of each level of time in the year and how many there are: 12
// for months and plain numbers, 4 for quarters, 52 for weeks.
func (p Periods) phase() (positions []int, year int) {
	year = 12
	origin := 0
	switch {
	case p.scale.dates && p.scale.months && 12%p.scale.step == 0:
		year = 12 / p.scale.step
		origin = p.scale.origin % 12 / p.scale.step
	case p.scale.dates && p.scale.step == 7:
		year = 52
	case p.scale.dates && !p.scale.months:
		year = 365
	}
	positions = make([]int, len(p.Values))
	for i, v := range p.Values {
		positions[i] = ((int(math.Round(v))+origin)%year + year) % year
	}
	return positions, year
}
