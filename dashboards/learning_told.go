package dashboards

// assignments is a step of what was assigned in the window. Where all courses together may not be
// told, since with the others they would give away one of few people, it is the sum of the courses
// that are told by themselves, which says nothing new: told is how many they are, else 0. Of
// people there is no such sum: one may be in several courses.
func (o *operations) assignments(step string) (s stepRow, told int, ok bool) {
	s, ok = o.step(o.window, step, o.course)
	if !ok || o.course != "" || s.Items != nil && s.Done != nil || s.Items != nil && s.IsRange {
		return s, 0, ok
	}
	sum := stepRow{Window: s.Window, Step: step, People: s.People, Numerator: s.Numerator, Low: s.Low, High: s.High, IsRange: s.IsRange, Items: new(int64), Done: new(int64)}
	for _, c := range o.order {
		base, known := o.step(o.window, "completed", c.CourseID)
		if !known || base.Items == nil || base.Done == nil {
			continue
		}
		told++
		*sum.Items += *base.Items
		part, known := o.step(o.window, step, c.CourseID)
		switch {
		case !known || part.Done == nil:
			sum.Done = nil // of one of them this step is not told
		case sum.Done != nil:
			*sum.Done += *part.Done
		}
	}
	if told == 0 {
		return s, 0, ok
	}
	return sum, told, ok
}

// isUndated reports whether nobody states of anything in the window when it was assigned: its day
// is then that on which it was begun or loaded, and how much of "what was assigned" is done says nothing.
func (o *operations) isUndated() bool {
	s, ok := o.step(o.window, "first-seen", "")
	return ok && s.Items != nil && s.Done != nil && *s.Items > 0 && *s.Done == *s.Items
}

// toldWords says which courses a sum holds.
func (r *request) toldWords(told int) string {
	if told == 0 {
		return ""
	}
	return " of the " + r.numbers.plural(int64(told), "course") + " that can be told"
}
