package dashboards

import (
	"fmt"
	"time"
)

// An asKnownView is what was believed on an earlier day, and what changed it since.
type asKnownView struct {
	Title string
	Lines []string
}

// asKnown is nil unless the reader asked for a day.
func (r *request) asKnown(d *impactData) *asKnownView {
	text := r.query["known"]
	if text == "" {
		return nil
	}
	on, err := time.ParseInLocation(time.DateOnly, text, r.zone)
	if err != nil {
		return &asKnownView{Title: fmt.Sprintf("%q is not a day like 2026-10-31.", text)}
	}
	end := on.AddDate(0, 0, 1)
	at := -1
	for i, h := range d.history { // the last first
		if h.ComputedAt.Before(end) {
			at = i
			break
		}
	}
	if at < 0 {
		v := &asKnownView{Title: "On " + day(on) + " nothing had been judged yet."}
		if n := len(d.history); n > 0 {
			v.Lines = []string{"The first judgement here is of " + r.instant(d.history[n-1].ComputedAt) + "."}
		}
		return v
	}
	was := d.history[at]
	v := &asKnownView{Title: "On " + day(on) + " it was believed: " + d.tactic.Name + " " + r.beliefWords(d, was) + "."}
	if at == 0 {
		v.Lines = []string{"Nothing has changed that since."}
		return v
	}
	for i := at - 1; i >= 0; i-- {
		h, before := d.history[i], d.history[i+1]
		if changed := r.whatChanged(d, before, h); changed != "" {
			v.Lines = append(v.Lines, day(h.ComputedAt.In(r.zone))+": "+changed+", because "+whyWords(h.Why)+".")
		}
	}
	if len(v.Lines) == 0 {
		v.Lines = []string{"It was judged again since and came out the same."}
	}
	return v
}

// beliefWords is a judgement in words.
func (r *request) beliefWords(d *impactData, h impactPastRow) string {
	row := h.row()
	text := resultWords(row) + " (" + h.HowWeKnow + ")"
	if h.Effect != nil && h.Low != nil && h.High != nil {
		s := r.scaleOf(d.dial, row)
		text += ", effect " + s.signed(*h.Effect) + " (" + s.between(*h.Low, *h.High) + ")"
	}
	return text
}

// row is the judgement as far as its words need it.
func (h impactPastRow) row() impactRow {
	return impactRow{Rung: h.Rung, Result: h.Result, Scale: h.Scale, Effect: h.Effect, Low: h.Low, High: h.High, Counterfactual: h.Counterfactual}
}

// whatChanged says what another judgement changed.
func (r *request) whatChanged(d *impactData, was, is impactPastRow) string {
	var parts []string
	if was.Rung != is.Rung {
		parts = append(parts, fmt.Sprintf("from rung %d to %d", was.Rung, is.Rung))
	}
	if a, b := resultWords(was.row()), resultWords(is.row()); was.Result != is.Result && a != b {
		parts = append(parts, "from “"+a+"” to “"+b+"”")
	}
	if was.Effect != nil && is.Effect != nil {
		a, b := r.scaleOf(d.dial, was.row()).signed(*was.Effect), r.scaleOf(d.dial, is.row()).signed(*is.Effect)
		if a != b {
			parts = append(parts, "the effect from "+a+" to "+b)
		}
	}
	return list(parts)
}

// whyWords are the reason of a judgement inside a sentence.
func whyWords(why string) string {
	switch why {
	case "first run":
		return "it was judged for the first time"
	case "other tests changed":
		return "other tests of the same family changed"
	}
	return why
}
