package queries

import "testing"

// Each design on 60 units and 36 months; issue B allows 150 ms a tactic and dial.
func BenchmarkStudy(b *testing.B) {
	designs := []struct {
		name   string
		starts map[int]int
		waves  []waveRow
	}{
		{"difference", starting(15, 15, 20), byRule("choice", 1)},
		{"roll-out", starting(24, 6, 14, 17, 20, 23), byRule("order", 4)},
		{"series", starting(60, 60, 24), byRule("all", 1)},
		{"drawn", starting(30, 30, 20), byRule("random", 1)},
		{"few", starting(3, 3, 20), byRule("choice", 1)},
	}
	for _, d := range designs {
		w := world{seed: 1, units: 60, months: 36, aggregation: "mean", starts: d.starts, sigma: 5, rho: 0.3, common: 2}
		units, all := w.rows()
		b.Run(d.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := studyPanel(w.link(), newPanel(w.link(), units, all), d.waves, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Ten thousand units and ten years.
func BenchmarkStudyLarge(b *testing.B) {
	w := world{seed: 1, units: 10000, months: 120, aggregation: "mean", starts: starting(2000, 2000, 80), sigma: 5, rho: 0.3, common: 2}
	units, all := w.rows()
	for b.Loop() {
		if _, err := studyPanel(w.link(), newPanel(w.link(), units, all), byRule("choice", 1), nil); err != nil {
			b.Fatal(err)
		}
	}
}
