package dashboards

import (
	"math"
)

// naiveNote is what a plain before/after would have said, and why it differs.
func (r *request) naiveNote(d *impactData) sentence {
	var s sentence
	row := d.row
	if row.Naive == nil || row.Effect == nil || row.IsPeople {
		return s
	}
	units := row.unitNoun() + "s"
	s.say("A plain before/after comparison of the same " + units + " would have claimed ")
	s.name(d.scale.signed(*row.Naive))
	if deref(row.Comparison) == 0 {
		s.say("; the analysis finds " + d.scale.signed(*row.Effect) + ". ")
		s.say("The rest is what the months before and the season make one expect anyway.")
		return s
	}
	s.say(", where the comparison finds " + d.scale.signed(*row.Effect) + ". ")
	rest := *row.Naive - *row.Effect
	share := rest / *row.Naive
	switch {
	case math.Abs(*row.Naive) < deref(row.StdErr):
		s.say("The difference is what the " + units + " without it did in the same months: " + d.scale.signed(rest) + ".")
	case share > 0.95:
		s.say("All of it also happened to " + units + " without it.")
	case share > 0.05:
		s.say(capital(portion(share)) + " of that happened to " + units + " without it too.")
	case share < -0.05:
		s.say(capital(units) + " without it moved the other way, by " + d.scale.signed(rest) + ".")
	default:
		s.say(capital(units) + " without it hardly moved in the same months.")
	}
	return s
}

// portion writes a share in words.
func portion(share float64) string {
	switch {
	case share < 0.15:
		return "a small part"
	case share < 0.29:
		return "about a quarter"
	case share < 0.4:
		return "about a third"
	case share < 0.6:
		return "about half"
	case share < 0.72:
		return "about two thirds"
	case share < 0.85:
		return "about three quarters"
	}
	return "nearly all"
}
