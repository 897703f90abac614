package xapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A statement says that somebody did something.
type statement struct {
	ID        string `json:"id"`
	Actor     actor  `json:"actor"`
	Verb      verb   `json:"verb"`
	Object    object `json:"object"`
	Timestamp string `json:"timestamp"`
	Stored    string `json:"stored"`
	Context   struct {
		Registration string `json:"registration"`
	} `json:"context"`
	Result json.RawMessage `json:"result"`

	at, stored time.Time
	result     result
}

type verb struct {
	ID string `json:"id"`
}

// An actor is identified by one of four.
type actor struct {
	Type    string  `json:"objectType"`
	Mbox    string  `json:"mbox"`
	Sum     string  `json:"mbox_sha1sum"`
	OpenID  string  `json:"openid"`
	Account account `json:"account"`
	Members []actor `json:"member"`
}

type account struct {
	Home string `json:"homePage"`
	Name string `json:"name"`
}

// An object is what the statement is about.
type object struct {
	Type string `json:"objectType"`
	ID   string `json:"id"`

	who actor
}

// UnmarshalJSON reads an object, which may be an actor.
func (o *object) UnmarshalJSON(data []byte) error {
	type plain object
	if err := json.Unmarshal(data, (*plain)(o)); err != nil {
		return err
	}
	return json.Unmarshal(data, &o.who)
}

// name identifies the object.
func (o object) name() string {
	if o.ID != "" {
		return o.ID
	}
	return o.who.key()
}

// A result says how it came out.
type result struct {
	Completion *bool `json:"completion"`
	Success    *bool `json:"success"`
	Score      *struct {
		Scaled *float64 `json:"scaled"`
		Raw    *float64 `json:"raw"`
		Min    *float64 `json:"min"`
		Max    *float64 `json:"max"`
	} `json:"score"`
	Duration string `json:"duration"`
}

// parse reads a statement and says what is missing from it.
func parse(raw []byte) (*statement, error) {
	s := &statement{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, errors.New("is no statement: a value has another type than xAPI says")
	}
	if s.Stored == "" {
		return nil, errors.New("stored is missing")
	}
	var err error
	if s.stored, err = moment(s.Stored); err != nil {
		return nil, errors.New("stored is no instant")
	}
	s.at = s.stored
	if s.Timestamp != "" {
		if s.at, err = moment(s.Timestamp); err != nil {
			return nil, errors.New("timestamp is no instant")
		}
	}
	switch {
	case s.ID == "":
		return nil, errors.New("id is missing")
	case s.Verb.ID == "":
		return nil, errors.New("verb is missing")
	case s.Object.name() == "" && s.Object.Type != "SubStatement":
		return nil, errors.New("object is missing")
	}
	if s.Object.name() == "" {
		s.Object.ID = "SubStatement"
	}
	s.ID = strings.ToLower(s.ID)
	if s.Object.Type == "StatementRef" {
		s.Object.ID = strings.ToLower(s.Object.ID)
	}
	if len(s.Result) > 0 {
		// A result that is odd says nothing, and the statement still stands.
		if json.Unmarshal(s.Result, &s.result) != nil {
			s.result = result{}
		}
	}
	return s, nil
}

// moment reads an instant of ISO 8601: with a zone, or in UTC.
func moment(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999-07", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("no instant")
}

// key is the identifier of the actor, "" for one without.
func (a actor) key() string {
	switch {
	case a.Mbox != "":
		return strings.ToLower(a.Mbox)
	case a.Sum != "":
		return "mbox_sha1sum:" + strings.ToLower(a.Sum)
	case a.Account.Name != "":
		return "account:" + a.Account.Home + "|" + a.Account.Name
	}
	return a.OpenID
}

// people are the persons that the actor stands for.
func (a actor) people() []actor {
	if a.Type != "Group" {
		if a.key() == "" {
			return nil
		}
		return []actor{a}
	}
	return slices.DeleteFunc(slices.Clone(a.Members), func(m actor) bool { return m.Type == "Group" || m.key() == "" })
}

// question is the actor as a store is asked for it.
func (a actor) question() string {
	var id any
	switch {
	case a.Mbox != "":
		id = map[string]string{"objectType": "Agent", "mbox": a.Mbox}
	case a.Sum != "":
		id = map[string]string{"objectType": "Agent", "mbox_sha1sum": a.Sum}
	case a.Account.Name != "":
		id = map[string]any{"objectType": "Agent", "account": map[string]string{"homePage": a.Account.Home, "name": a.Account.Name}}
	default:
		id = map[string]string{"objectType": "Agent", "openid": a.OpenID}
	}
	text, err := json.Marshal(id)
	if err != nil {
		return "" // texts alone
	}
	return string(text)
}

// The verbs that tell how far somebody came.
const (
	adl     = "http://adlnet.gov/expapi/verbs/"
	voiding = adl + "voided"
)

// A role is what a verb means for an enrolment.
type role int

const (
	aside role = iota
	assigns
	starts
	completes
	passes
	fails
	scores
	waives
)

// roleOf says what a verb means.
func roleOf(verb string) role {
	switch verb {
	case adl + "registered":
		return assigns
	case adl + "initialized", adl + "launched", adl + "attempted":
		return starts
	case adl + "completed", adl + "attended":
		return completes
	case adl + "passed", adl + "mastered":
		return passes
	case adl + "failed":
		return fails
	case adl + "scored":
		return scores
	case adl + "waived", "https://w3id.org/xapi/adl/verbs/waived":
		return waives
	}
	return aside
}

// outcome says whether a statement of that role makes an enrolment by itself.
func (r role) outcome() bool { return r >= completes }

// matches says whether one of the patterns names the verb: its IRI, or its last word.
func matches(patterns []string, verb string) bool {
	return slices.Contains(patterns, verb) || slices.Contains(patterns, lastWord(verb))
}

func lastWord(iri string) string {
	iri = strings.TrimRight(iri, "/")
	return iri[strings.LastIndexAny(iri, "/#")+1:]
}

var period = regexp.MustCompile(`^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// hours reads a duration of ISO 8601 without years and months, which have no length.
func hours(text string) (float64, bool) {
	m := period.FindStringSubmatch(text)
	if m == nil || text == "P" || strings.HasSuffix(text, "T") {
		return 0, false
	}
	total := 0.0
	for i, unit := range []float64{7 * 24, 24, 1, 1.0 / 60, 1.0 / 3600} {
		if m[i+1] == "" {
			continue
		}
		v, err := strconv.ParseFloat(m[i+1], 64)
		if err != nil {
			return 0, false
		}
		total += v * unit
	}
	return total, true
}

// percent is the score of a result in percent, if it has one that has a range.
func (r result) percent() (float64, bool) {
	s := r.Score
	switch {
	case s == nil:
		return 0, false
	case s.Scaled != nil:
		return 100 * *s.Scaled, true
	case s.Raw == nil:
		return 0, false
	case s.Max != nil && *s.Max > 0:
		low := 0.0
		if s.Min != nil {
			low = *s.Min
		}
		if *s.Max > low {
			return 100 * (*s.Raw - low) / (*s.Max - low), true
		}
	}
	return 0, false
}

// decimal writes a number to four places.
func decimal(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", v), "0"), ".")
}
