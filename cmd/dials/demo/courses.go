package demo

// A course is one thing to learn.
type course struct {
	id, name, purpose, modality, kind string
	hours                             float64
	forClients                        bool
	tactic                            string  // whose delivery it is
	rate                              float64 // own choices a head and year
	groups                            []int   // groups of units whose people take it; none is all
	every                             int     // months between two, where it is assigned
	renews                            int     // months that a certificate lasts
	heads                             bool    // for those who lead a unit
}

func courses() []course {
	return []course{
		{id: "CRS-01", name: "Data protection", purpose: "compliance", modality: "e-learning", kind: "formal", hours: 1, every: 12},
		{id: "CRS-02", name: "Code of conduct", purpose: "compliance", modality: "e-learning", kind: "formal", hours: 1, every: 24},
		{id: "CRS-03", name: "Safety at work", purpose: "compliance", modality: "e-learning", kind: "formal", hours: 2, every: 12, renews: 12, groups: []int{production, logistics}},
		{id: "CRS-04", name: "Forklift licence", purpose: "compliance", modality: "class", kind: "formal", hours: 8, every: 36, renews: 36, groups: []int{logistics}},
		{id: "CRS-05", name: "Welcome to Larkfield", purpose: "onboarding", modality: "class", kind: "formal", hours: 8},
		{id: "CRS-06", name: "Product knowledge", purpose: "skill", modality: "e-learning", kind: "formal", hours: 4, forClients: true, rate: .5, groups: []int{sales, service}},
		{id: "CRS-07", name: "Negotiation", purpose: "skill", modality: "class", kind: "formal", hours: 12, rate: .15, groups: []int{sales}},
		{id: "CRS-08", name: "Lean on the line", purpose: "skill", modality: "on the job", kind: "on_the_job", hours: 10, rate: .35, groups: []int{production}},
		{id: "CRS-09", name: "Solving problems together", purpose: "skill", modality: "coaching", kind: "with_others", hours: 6, rate: .2, groups: []int{production, logistics}},
		{id: "CRS-10", name: "Listening to clients", purpose: "skill", modality: "e-learning", kind: "formal", hours: 3, forClients: true, rate: .35, groups: []int{service}},
		{id: "CRS-11", name: "Working with data", purpose: "skill", modality: "e-learning", kind: "formal", hours: 5, rate: .4, groups: []int{corporate}},
		{id: "CRS-12", name: "Leading a team", purpose: "leadership", modality: "class", kind: "formal", hours: 16, rate: .3, heads: true},
		{id: "CRS-13", name: "Leading projects", purpose: "skill", modality: "class", kind: "formal", hours: 14, rate: .15, groups: []int{corporate}},
		{id: "CRS-14", name: "Giving feedback and reviewing", purpose: "leadership", modality: "class", kind: "formal", hours: 6, rate: .4, heads: true},
		{id: "CRS-15", name: "Job shadowing", purpose: "skill", modality: "on the job", kind: "on_the_job", hours: 16, rate: .15},
		{id: "CRS-21", name: "Consultative selling", purpose: "skill", modality: "class", kind: "formal", hours: 16, tactic: sellingTactic},
		{id: "CRS-22", name: "Leading people", purpose: "leadership", modality: "class", kind: "formal", hours: 24, tactic: pilotTactic},
		{id: "CRS-23", name: "Coaching", purpose: "leadership", modality: "coaching", kind: "with_others", hours: 10, tactic: coachingTactic},
		{id: "CRS-24", name: "Mentoring", purpose: "skill", modality: "coaching", kind: "with_others", hours: 12, tactic: mentoringTactic},
		{id: "CRS-25", name: "Compliance refresher", purpose: "compliance", modality: "e-learning", kind: "formal", hours: 2, tactic: complianceTactic},
		{id: "CRS-26", name: "Quality circles", purpose: "skill", modality: "on the job", kind: "on_the_job", hours: 12, tactic: circlesTactic},
	}
}

// version returns the version of a course that is taught in month m of n.
func (s course) version(m, n int) string {
	if m >= n-18 && s.tactic == "" {
		return s.id + "-V2"
	}
	return s.id + "-V1"
}

// takes reports whether people of a group and title take the course.
func (s course) takes(group int, t uint8, names *[titleCount]title) bool {
	if s.heads {
		return names[t].level[0] != 'P'
	}
	if len(s.groups) == 0 {
		return true
	}
	for _, g := range s.groups {
		if g == group {
			return true
		}
	}
	return false
}
