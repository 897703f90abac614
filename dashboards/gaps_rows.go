package dashboards

import "time"

// A gapStepRow is one step of a stretch over which gaps are explained.
type gapStepRow struct {
	GoalID   string     `db:"goal_id"`
	GoalName *string    `db:"goal_name"`
	Launched *time.Time `db:"launched_date"`
	Open     time.Time  `db:"open_date"`
	Close    time.Time  `db:"close_date"`
	Step     string     `db:"step"`
	Amount   *float64   `db:"amount"`
	Pairs    *int64     `db:"pairs"`
	People   *int64     `db:"people_n"`
}

// A gapMappedRow is how many employees have a title that requires something.
type gapMappedRow struct {
	Month     time.Time `db:"month"`
	Employees *int64    `db:"employees"`
	Mapped    *int64    `db:"mapped_employees"`
}

// A gapChangeRow is how much the requirements of a title changed within 12 months.
type gapChangeRow struct {
	TitleID      string `db:"job_title_id"`
	Requirements int64  `db:"requirements"`
	New          int64  `db:"new_requirements"`
	Changed      int64  `db:"changed_requirements"`
	Withdrawn    int64  `db:"withdrawn_requirements"`
}

// A gapRaterRow is how far two kinds of raters agree on the people of a title.
type gapRaterRow struct {
	TitleID    string   `db:"job_title_id"`
	Raters     string   `db:"raters"`
	Pairs      *int64   `db:"pairs"`
	HasFew     bool     `db:"has_few_raters"`
	RatersN    *int64   `db:"raters_n"`
	Difference *float64 `db:"mean_difference"`
	SD         *float64 `db:"sd_difference"`
	Exact      *float64 `db:"exact_share"`
	Within     *float64 `db:"within_one_share"`
	Kappa      *float64 `db:"kappa"`
	People     *int64   `db:"people_n"`
}

// A gapLevelRow is the mean level that a kind of rater found.
type gapLevelRow struct {
	Rule         string   `db:"rule"`
	CompetencyID string   `db:"competency_id"`
	Assessed     *int64   `db:"assessed_n"`
	Level        *float64 `db:"level_share"`
	Required     *float64 `db:"required_share"`
}

// A gapProfileRow is one requirement of a title.
type gapProfileRow struct {
	CompetencyID string     `db:"competency_id"`
	Name         string     `db:"competency_name"`
	Framework    *string    `db:"framework_name"`
	HoldsFor     string     `db:"holds_for"`
	Level        float64    `db:"level"`
	Share        *float64   `db:"required_share"`
	Weight       float64    `db:"weight"`
	Scale        *string    `db:"scale_name"`
	Low          *float64   `db:"low_value"`
	High         *float64   `db:"high_value"`
	Label        *string    `db:"label"`
	Anchor       *string    `db:"anchor"`
	GoalID       *string    `db:"goal_id"`
	GoalName     *string    `db:"goal_name"`
	From         *time.Time `db:"valid_from"`
	To           *time.Time `db:"valid_to"`
	Source       string     `db:"source"`
}

// A gapSimilarRow is a title that requires much the same.
type gapSimilarRow struct {
	TitleID      string  `db:"job_title_id"`
	Name         string  `db:"name"`
	Cosine       float64 `db:"cosine"`
	Shared       int64   `db:"shared"`
	Competencies int64   `db:"competencies"`
}

// A gapCourseRow is what a course did to a competency.
type gapCourseRow struct {
	CompetencyID   string   `db:"competency_id"`
	CourseID       string   `db:"course_id"`
	Name           string   `db:"course_name"`
	TrainedPeople  *int64   `db:"trained_people"`
	ComparedPeople *int64   `db:"compared_people"`
	Trained        *int64   `db:"trained_n"`
	Compared       *int64   `db:"compared_n"`
	Strata         *int64   `db:"strata"`
	TrainedChange  *float64 `db:"trained_change"`
	ComparedChange *float64 `db:"compared_change"`
	Effect         *float64 `db:"effect"`
	Design         *string  `db:"design"`
	Low            *float64 `db:"low"`
	High           *float64 `db:"high"`
	AdjustedP      *float64 `db:"adjusted_p"`
	MDE            *float64 `db:"mde"`
}

// A gapTaughtRow is a course on a competency.
type gapTaughtRow struct {
	CompetencyID string `db:"competency_id"`
	CourseID     string `db:"course_id"`
	Name         string `db:"course_name"`
}

// A gapReadyRow is whether a critical title is covered.
type gapReadyRow struct {
	TitleID      string `db:"job_title_id"`
	Name         string `db:"job_title_name"`
	Competencies int64  `db:"competencies"`
	Assessed     *int64 `db:"assessed_people"`
	CanTell      bool   `db:"can_tell"`
	IsCovered    *bool  `db:"is_covered"`
}

// A gapSupplyRow is what a projection of a competency needs.
type gapSupplyRow struct {
	Month        time.Time `db:"month"`
	CompetencyID string    `db:"competency_id"`
	Required     int64     `db:"required_n"`
	Assessed     int64     `db:"assessed_n"`
	Proficient   int64     `db:"proficient_n"`
	Exits        int64     `db:"exits"`
	PersonYears  *float64  `db:"person_years"`
	Pipeline     int64     `db:"pipeline_n"`
	Below        int64     `db:"below_n"`
	Reached      int64     `db:"reached_n"`
	Stayed       *int64    `db:"stayed_n"`
	Demand6      *float64  `db:"demand_6"`
	Demand12     *float64  `db:"demand_12"`
	Demand24     *float64  `db:"demand_24"`
	IsPlanned    bool      `db:"is_planned"`
}

// A gapDemandRow is a title with the heads planned for it.
type gapDemandRow struct {
	TitleID     string   `db:"job_title_id"`
	Name        string   `db:"job_title_name"`
	Heads       int64    `db:"heads"`
	Exits       int64    `db:"exits"`
	PersonYears float64  `db:"person_years"`
	Planned6    *float64 `db:"planned_6"`
	Planned12   *float64 `db:"planned_12"`
	Planned24   *float64 `db:"planned_24"`
	HasPlan12   bool     `db:"has_plan_12"`
	HasPlan24   bool     `db:"has_plan_24"`
}

// A gapScaleRow is a scale.
type gapScaleRow struct {
	ScaleID      *string  `db:"scale_id"`
	Name         *string  `db:"scale_name"`
	Low          *float64 `db:"low_value"`
	High         *float64 `db:"high_value"`
	HasEnds      bool     `db:"has_ends"`
	Competencies int64    `db:"competencies"`
	Frameworks   *string  `db:"frameworks"`
	Points       *int64   `db:"points"`
	Anchored     *int64   `db:"anchored_points"`
}

// A gapPointRow is a point of a scale.
type gapPointRow struct {
	ScaleID string  `db:"scale_id"`
	Value   float64 `db:"value"`
	Label   *string `db:"label"`
	Anchor  *string `db:"anchor"`
}

// A gapSnapshotRow is a frozen view.
type gapSnapshotRow struct {
	Name   string    `db:"name"`
	MadeAt time.Time `db:"made_at"`
	Note   *string   `db:"note"`
	Month  time.Time `db:"frozen_month"`
}

// A gapRowFrozen is a cell of a snapshot.
type gapRowFrozen struct {
	TitleID        string   `db:"job_title_id"`
	CompetencyID   string   `db:"competency_id"`
	Required       *int64   `db:"required_n"`
	Assessed       *int64   `db:"assessed_n"`
	Pairs          *int64   `db:"pairs"`
	AssessedPairs  *int64   `db:"assessed_pairs"`
	Index          *float64 `db:"gap_index"`
	IsLow          *bool    `db:"is_index_low"`
	ProficientLow  *int64   `db:"proficient_low"`
	ProficientHigh *int64   `db:"proficient_high"`
}
