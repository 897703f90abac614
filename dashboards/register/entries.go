package register

// Entries returns the kinds of entries, in the order in which they come about.
func Entries() []Entry {
	return []Entry{need(), tactic(), link(), wave(), unit(), rival(), contribution(), benefit(), annotation(), metric()}
}

func need() Entry {
	return Entry{
		Stream: "need", Name: "need", Plural: "Needs", ID: "need_id",
		About: "What the business asked for, before anybody chose a solution.",
		Fields: []Field{
			{Name: "title", Label: "What is needed", Kind: Text, IsRequired: true, Help: "in the words of the business, without a solution"},
			{Name: "owner_id", Label: "Who owns it", Kind: Role, Help: "a role, such as Sales director"},
			{Name: "opened_date", Label: "Opened on", Kind: Date, IsRequired: true},
			{Name: "goal_id", Label: "Objective that it serves", Kind: Refers, To: "goal"},
			{Name: "is_customer_feedback", Label: "Customers said it", Kind: YesNo},
			{Name: "was_neutral", Label: "L&D was in before a solution was chosen", Kind: YesNo},
			{Name: "had_owner_access", Label: "L&D could speak with the owner", Kind: YesNo},
			{Name: "is_shared", Label: "L&D and the business are both accountable", Kind: YesNo},
		},
	}
}

func tactic() Entry {
	return Entry{
		Stream: "tactic", Name: "tactic", Plural: "Tactics", ID: "tactic_id",
		About: "A solution put in place: training, an incentive, a reorganisation, a process, a tool.",
		Fields: []Field{
			{Name: "name", Label: "What it is called", Kind: Text, IsRequired: true},
			{Name: "tactic_type", Label: "Kind", Kind: OneOf, IsRequired: true, Options: same("training", "incentive", "reorganisation", "process", "tool", "communication", "other"), Help: "decides what counts as delivered: completions, pay lines, units that changed"},
			{Name: "need_id", Label: "Need that it answers", Kind: Refers, To: "need"},
			{Name: "owner_id", Label: "Who runs it", Kind: Role, Help: "a role, such as Head of learning"},
			{Name: "approved_date", Label: "Approved on", Kind: Date},
			{Name: "launched_date", Label: "First day in use", Kind: Date, Help: "its waves count before this, where there are any"},
			{Name: "ended_date", Label: "Last day in use", Kind: Date},
			{Name: "planned_cost_amount", Label: "Budget", Kind: Money},
			{Name: "currency", Label: "Currency of the budget", Kind: Text, Help: "such as EUR"},
			{Name: "sessions_planned", Label: "Sessions planned", Kind: Integer, Min: 0, Max: 100000},
			{Name: "has_follow_up", Label: "A follow-up assessment is planned", Kind: YesNo},
			{Name: "course_id", Label: "Course whose completions are its delivery", Kind: Refers, To: "course"},
		},
		Rules: func(after map[string]any, errs Errors) {
			inOrder(after, errs, "launched_date", "ended_date", "It would end before its first day.")
			paidIn(after, errs, "planned_cost_amount")
		},
	}
}

func link() Entry {
	return Entry{
		Stream: "tactic_link", Name: "link", Plural: "Links", ID: "tactic_link_id",
		About: "What a tactic is meant to move, and how: registered before the launch, it can be tested; afterwards it can only be found.",
		Fields: []Field{
			{Name: "tactic_id", Label: "Tactic", Kind: Refers, To: "tactic", IsRequired: true},
			{Name: "metric_id", Label: "Dial that it shall move", Kind: Refers, To: "metric", IsRequired: true},
			{Name: "goal_id", Label: "Objective that it serves", Kind: Refers, To: "goal"},
			{Name: "mechanism", Label: "How it shall work", Kind: Long, Help: "what people will do differently, and why that moves the dial"},
			{Name: "baseline", Label: "Value before", Kind: Number, Help: "in the unit of the dial"},
			{Name: "target", Label: "Value wanted", Kind: Number, Help: "the change from the value before is the smallest effect worth having"},
			{Name: "target_date", Label: "By when", Kind: Date},
			{Name: "business_owner_id", Label: "Who owns the result", Kind: Role, Help: "a role outside L&D, such as Operations director"},
			{Name: "expected_lag_months", Label: "Months until it shows", Kind: Integer, Min: 0, Max: 120},
			{Name: "approved_at", Label: "The owner has approved it", Kind: Stamp},
			{Name: "design_override", Label: "Design, in place of the one by rule", Kind: OneOf, Help: "shown with the verdict", Options: []Option{
				{"its", "one series, before and after"},
				{"did", "difference in differences"},
				{"sdid", "synthetic difference in differences"},
				{"staggered", "staggered roll-out"},
				{"randomized", "experiment"},
			}},
		},
		Moments: map[string][]string{"registered_at": {"tactic_id", "metric_id"}},
		Rules: func(after map[string]any, errs Errors) {
			if b, t := after["baseline"], after["target"]; b != nil && t != nil && b == t {
				errs["target"] = "It is the value before: nothing would have to change."
			}
			if after["target"] != nil && after["target_date"] == nil {
				errs["target_date"] = "A target needs the day by which it is wanted."
			}
		},
	}
}

func wave() Entry {
	return Entry{
		Stream: "tactic_wave", Name: "wave", Plural: "Waves",
		About: "A step of a roll-out: when it starts and how it was decided who is in it. The moment of that decision is the server's clock.",
		Fields: []Field{
			{Name: "tactic_id", Label: "Tactic", Kind: Refers, To: "tactic", IsRequired: true, IsKey: true},
			{Name: "wave", Label: "Wave", Kind: Integer, IsRequired: true, IsKey: true, Min: 1, Max: 1000, Help: "1 is the first"},
			{Name: "start_date", Label: "First day", Kind: Date, IsRequired: true},
			{Name: "assigned_by", Label: "How it was decided who is in it", Kind: OneOf, IsRequired: true, Options: []Option{
				{"random", "drawn at random"}, {"order", "by a rule that has nothing to do with the dial"}, {"choice", "chosen"}, {"all", "all at once"},
			}},
			{Name: "order_rule", Label: "The rule", Kind: Text, Help: "such as region code"},
			{Name: "seed", Label: "Seed of the draw", Kind: Text, Help: "lets anybody repeat it"},
		},
		Moments: map[string][]string{"assigned_at": {"start_date", "assigned_by", "seed"}},
		Rules: func(after map[string]any, errs Errors) {
			if after["assigned_by"] == "order" && after["order_rule"] == nil {
				errs["order_rule"] = "Say which rule: it must have nothing to do with the dial."
			}
		},
	}
}

func unit() Entry {
	return Entry{
		Stream: "tactic_unit", Name: "unit", Plural: "Units",
		About: "The part of a unit in a tactic: with it from a wave on, or kept without it for comparison.",
		Fields: []Field{
			{Name: "tactic_id", Label: "Tactic", Kind: Refers, To: "tactic", IsRequired: true, IsKey: true},
			{Name: "unit_id", Label: "Units", Kind: Units, IsRequired: true, IsKey: true},
			{Name: "arm", Label: "Part", Kind: OneOf, IsRequired: true, Options: []Option{{"treated", "gets it"}, {"control", "is compared with, without it"}}},
			{Name: "wave", Label: "Wave", Kind: Integer, Min: 1, Max: 1000},
			{Name: "exposed_from_date", Label: "First day with it", Kind: Date, Help: "empty: that of its wave"},
			{Name: "exposed_to_date", Label: "First day without it again", Kind: Date},
			{Name: "is_chosen_on_dial", Label: "Chosen because of the dial's level", Kind: YesNo, Help: "the best or the worst come back to the middle by themselves"},
			{Name: "selection_from_date", Label: "Chosen on the days from", Kind: Date},
			{Name: "selection_to_date", Label: "to", Kind: Date, Help: "first day after"},
		},
		Moments: map[string][]string{"assigned_at": {"arm", "wave"}},
		Rules: func(after map[string]any, errs Errors) {
			inOrder(after, errs, "exposed_from_date", "exposed_to_date", "It would end before it begins.")
			inOrder(after, errs, "selection_from_date", "selection_to_date", "It would end before it begins.")
			if after["is_chosen_on_dial"] == true && (after["selection_from_date"] == nil || after["selection_to_date"] == nil) {
				errs["selection_from_date"] = "Say on which days it was looked at, so that they are left out of the comparison."
			}
		},
	}
}

func rival() Entry {
	return Entry{
		Stream: "rival_event", Name: "other event", Plural: "Other events", ID: "rival_event_id",
		About: "Something else that could have moved a dial: a price change, a new system, a strike.",
		Fields: []Field{
			{Name: "name", Label: "What it was", Kind: Text, IsRequired: true},
			{Name: "metric_id", Label: "Dial that it could move", Kind: Refers, To: "metric", IsRequired: true},
			{Name: "unit_id", Label: "Units that it touched", Kind: Units, IsRequired: true, IsKey: true},
			{Name: "from_date", Label: "From", Kind: Date, IsRequired: true},
			{Name: "to_date", Label: "Until", Kind: Date, Help: "first day after; empty while it lasts"},
			{Name: "is_independent", Label: "It began whatever the assignment of the tactic was", Kind: YesNo},
		},
		Rules: func(after map[string]any, errs Errors) {
			inOrder(after, errs, "from_date", "to_date", "It would end before it begins.")
		},
	}
}

func annotation() Entry {
	return Entry{
		Stream: "annotation", Name: "note", Plural: "Notes on charts", ID: "annotation_id",
		About: "What happened in a unit on a day, for whoever reads a chart over time: it is drawn there, and judged nowhere.",
		Fields: []Field{
			{Name: "name", Label: "What happened", Kind: Text, IsRequired: true, Help: "no names of people"},
			{Name: "unit_id", Label: "Units", Kind: Units, IsRequired: true, IsKey: true, Help: "it shows on charts of the unit, of units above it and of units below it"},
			{Name: "on_date", Label: "Day", Kind: Date, IsRequired: true},
		},
	}
}

func metric() Entry {
	return Entry{
		Stream: "metric", Name: "definition", Plural: "Definitions of dials", ID: "metric_id",
		About: "What a dial means, who of the business owns it, and what one unit of it is worth. Each change is a version; how it is computed from its source stays in config.toml.",
		Fields: []Field{
			{Name: "name", Label: "What it is called", Kind: Text, IsRequired: true},
			{Name: "formula", Label: "How it is counted, in words", Kind: Long},
			{Name: "unit_of_measure", Label: "Unit of measure", Kind: Text, IsRequired: true, Help: "EUR, %, min, per 1,000, points, …"},
			{Name: "direction", Label: "Wanted direction", Kind: OneOf, IsRequired: true, Options: same("up", "down")},
			{Name: "unit_aggregation", Label: "Across units", Kind: OneOf, IsRequired: true, Options: same("sum", "mean", "ratio")},
			{Name: "time_aggregation", Label: "Over time", Kind: OneOf, IsRequired: true, Options: same("sum", "mean", "last")},
			{Name: "base_grain", Label: "It is observed each", Kind: OneOf, IsRequired: true, Options: same("day", "week", "month", "quarter")},
			{Name: "owner_name", Label: "Who owns it", Kind: Text, Help: "a role, such as Sales director"},
			{Name: "is_owner_in_ld", Label: "That role belongs to L&D", Kind: YesNo},
			{Name: "signed_off_at", Label: "The owner has signed it off", Kind: Stamp},
			{Name: "money_per_unit", Label: "What one unit is worth", Kind: Money},
			{Name: "margin", Label: "Margin, of revenue", Kind: Number, Help: "0.35 is 35 %"},
			{Name: "currency", Label: "Currency", Kind: Text, Help: "such as EUR"},
		},
		Keeps: []string{"base_unit_type", "owner_id", "computed_from"},
		Rules: func(after map[string]any, errs Errors) { paidIn(after, errs, "money_per_unit") },
	}
}

func contribution() Entry {
	return Entry{
		Stream: "contribution_estimate", Name: "estimate", Plural: "Estimates of the contribution", IsOpen: true,
		About: "What a participant or a manager thinks that the tactic contributed to the change: an estimate, never a measurement.",
		Fields: []Field{
			{Name: "tactic_id", Label: "Tactic", Kind: Refers, To: "tactic", IsRequired: true, IsKey: true},
			{Name: "metric_id", Label: "Dial", Kind: Refers, To: "metric", IsRequired: true, IsKey: true},
			{Name: "respondent", Label: "Who answered", Kind: Text, IsRequired: true, IsKey: true, Help: "a token; an estimate of the same token is replaced"},
			{Name: "respondent_type", Label: "Whose view", Kind: OneOf, IsRequired: true, Options: same("participant", "manager")},
			{Name: "contribution_pct", Label: "Share of the change, in per cent", Kind: Number, IsRequired: true, Max: 100},
			{Name: "confidence_pct", Label: "How sure, in per cent", Kind: Number, IsRequired: true, Max: 100},
			{Name: "answered_date", Label: "Answered on", Kind: Date, Help: "empty: asked, no answer yet, which counts as nothing"},
		},
	}
}

func benefit() Entry {
	return Entry{
		Stream: "benefit", Name: "benefit", Plural: "Benefits", ID: "benefit_id",
		About: "What a tactic was planned to be worth some months after it went live, and what came of it.",
		Fields: []Field{
			{Name: "tactic_id", Label: "Tactic", Kind: Refers, To: "tactic", IsRequired: true},
			{Name: "metric_id", Label: "Dial", Kind: Refers, To: "metric"},
			{Name: "months", Label: "Months after going live", Kind: OneOf, IsRequired: true, Options: []Option{{"3", "3"}, {"6", "6"}, {"12", "12"}, {"24", "24"}}},
			{Name: "planned_amount", Label: "Planned by then", Kind: Money, IsRequired: true},
			{Name: "actual_amount", Label: "Realised by then", Kind: Money},
			{Name: "currency", Label: "Currency", Kind: Text, IsRequired: true, Help: "such as EUR"},
			{Name: "go_live_date", Label: "Went live on", Kind: Date, IsRequired: true},
		},
		Rules: func(after map[string]any, errs Errors) { paidIn(after, errs, "planned_amount") },
	}
}

func same(values ...string) []Option {
	out := make([]Option, len(values))
	for i, v := range values {
		out[i] = Option{v, v}
	}
	return out
}

// inOrder refuses an end before its begin.
func inOrder(after map[string]any, errs Errors, from, to, words string) {
	a, okA := after[from].(string)
	b, okB := after[to].(string)
	if okA && okB && b < a { // days are written year first
		errs[to] = words
	}
}

// paidIn refuses an amount without a currency, and a currency that is none.
func paidIn(after map[string]any, errs Errors, amount string) {
	c, _ := after["currency"].(string)
	switch {
	case c == "" && after[amount] != nil:
		errs["currency"] = "An amount needs its currency, such as EUR."
	case c != "" && !isCurrency(c):
		errs["currency"] = "Write a code of three letters, such as EUR."
	}
}

func isCurrency(c string) bool {
	if len(c) != 3 {
		return false
	}
	for _, r := range c {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}
