package queries

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Class says what a query's rows tell about people.
type Class string

// The classes of domain.md §8. Anything computed from pay is Pay; only groups
// of people have that class, the pay of one person is Person.
const (
	None      Class = "none"
	Aggregate Class = "aggregate"
	Person    Class = "person"
	Pay       Class = "pay"
)

// A header is what a query's leading comment declares.
type header struct {
	about  string
	topic  Topic
	class  Class
	people string // the column that counts people; "" is none
	scope  string // companyScope or everyoneScope, of what is about the whole company
	view   string // a sensitive view that can be switched off; "" is none
	soft   soft   // what is told of many people, or roughly, alone
}

// What is about the whole company is for readers of the whole company alone, or
// for every reader of its topic.
const (
	companyScope  = "company"
	everyoneScope = "everyone"
	grantsScope   = "grants" // of an extract: cut to what was granted, and to a unit if one is asked for
)

var columnName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// parseHeader reads the leading comment of src and returns it with the rest,
// which is one statement.
func parseHeader(src string) (header, string, error) {
	var h header
	var peopleStated bool
	rest := src
	for rest != "" {
		line, after, _ := strings.Cut(rest, "\n")
		text, isComment := strings.CutPrefix(strings.TrimSpace(line), "--")
		if !isComment {
			if strings.TrimSpace(line) != "" {
				break
			}
			rest = after
			continue
		}
		rest = after
		key, value, _ := strings.Cut(strings.TrimSpace(text), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "class":
			if h.class != "" {
				return h, "", errors.New("header: class is declared twice")
			}
			h.class = Class(value)
			if value == "" {
				h.class = "empty"
			}
		case "topic":
			if h.topic != "" {
				return h, "", errors.New("header: topic is declared twice")
			}
			if h.topic = Topic(value); !slices.Contains(Topics(), h.topic) {
				return h, "", fmt.Errorf("header: topic %q is not one of %s", value, words(Topics()))
			}
		case "scope":
			if h.scope = value; value != companyScope && value != everyoneScope && value != grantsScope {
				return h, "", fmt.Errorf("header: scope %q is none of %s, %s and %s", value, companyScope, everyoneScope, grantsScope)
			}
		case "view":
			if h.view = value; !slices.Contains(SensitiveViews(), value) {
				return h, "", fmt.Errorf("header: view %q is not one of %s", value, words(SensitiveViews()))
			}
		case "people":
			if peopleStated {
				return h, "", errors.New("header: people is declared twice")
			}
			peopleStated, h.people = true, value
		case "quantile", "rounded", "yearly":
			if err := h.soft.declare(strings.TrimSpace(key), value); err != nil {
				return h, "", err
			}
		default:
			if h.about == "" {
				h.about = strings.TrimSpace(text)
			}
		}
	}
	if h.about == "" {
		return h, "", errors.New(`header: the first line must say what a row is, like "-- Page: /workforce. One row per source."`)
	}
	if h.topic == "" {
		return h, "", errors.New(`header: topic is not declared; add "-- topic: results" or another of queries.Topics`)
	}
	if !peopleStated {
		return h, "", errors.New(`header: people is not declared; add "-- people: <column>" or "-- people: none"`)
	}
	if err := errors.Join(h.complete(), h.soft.complete(h.class)); err != nil {
		return h, "", err
	}
	if strings.TrimSpace(rest) == "" {
		return h, "", errors.New("the query is empty")
	}
	return h, rest, nil
}

// complete checks that class and people fit each other.
func (h *header) complete() error {
	if h.people == "none" {
		h.people = ""
	} else if !columnName.MatchString(h.people) {
		return fmt.Errorf("header: people: %q is not a column name, nor none", h.people)
	}
	switch h.class {
	case "":
		return errors.New(`header: class is not declared; add "-- class: none", aggregate, person or pay`)
	case None:
		if h.people != "" {
			return fmt.Errorf("header: class none has no people, but people is %q; is it aggregate?", h.people)
		}
	case Aggregate, Pay:
		if h.people == "" {
			return fmt.Errorf("header: class %s needs the column that counts people", h.class)
		}
	case Person:
	default:
		return fmt.Errorf("header: class %q is not none, aggregate, person or pay", h.class)
	}
	return nil
}
