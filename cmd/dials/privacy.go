package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"dials/queries"
	"dials/warehouse"
)

const privacyManual = `Prints, as Markdown, the record of processing activities and the data protection
impact assessment of this installation: written from config.toml (which sources and
streams, what is kept how long), from the declarations of the streams (what names a
person, what is free text) and from the table of rights (who sees what, and why). What
only the company can say is marked "to be filled in".`

//go:embed privacy.md.tmpl
var privacyTemplate string

func newPrivacy(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "privacy",
		Short:   "Print the record of processing and the impact assessment",
		Long:    privacyManual,
		Example: "  dials privacy > privacy.md",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := readConfig(o.configPath)
			if err != nil {
				return err
			}
			t, err := template.New("privacy").Parse(privacyTemplate)
			if err != nil {
				return err
			}
			facts, err := cfg.privacyFacts()
			if err != nil {
				return err
			}
			return t.Execute(o.stdout, facts)
		},
	}
}

// privacyFacts are the data of privacy.md.tmpl.
type privacyFacts struct {
	Company   string
	Privacy   Privacy
	Retention Retention
	Streams   []privacyStream
	Unused    []string // canonical streams about people that no source fills
	Rights    []queries.Right
	Duties    []queries.Duty
}

// A privacyStream is one configured stream that is about people.
type privacyStream struct {
	Source, Name, Target, Grain string
	People, Texts, Kept, Data   string // columns
	Days                        string
}

func (c *Config) privacyFacts() (privacyFacts, error) {
	f := privacyFacts{
		Company: c.Company.Name, Privacy: c.Privacy, Retention: c.Retention, Rights: queries.Rights(), Duties: queries.Duties(),
	}
	all, err := warehouse.Streams()
	if err != nil {
		return f, err
	}
	used := map[string]bool{}
	for _, s := range c.Sources {
		for _, st := range s.Streams {
			target, err := warehouse.StreamByName(st.Target)
			if err != nil {
				return f, err
			}
			used[target.Name] = true
			p := describePrivacy(target)
			if p.People == "" && len(st.Keep) == 0 {
				continue
			}
			p.Source, p.Name, p.Kept, p.Days = s.Name, st.Name, dash(strings.Join(st.Keep, ", ")), "for ever"
			if st.KeepDays != nil {
				p.Days = strconv.FormatInt(*st.KeepDays, 10) + " days after its last date"
			}
			f.Streams = append(f.Streams, p)
		}
	}
	for _, s := range all {
		if !used[s.Name] && describePrivacy(s).People != "" {
			f.Unused = append(f.Unused, s.Name)
		}
	}
	return f, nil
}

// describePrivacy sorts the columns of a stream. A stream about an employment is about
// its person.
func describePrivacy(s warehouse.Stream) privacyStream {
	var people, texts, data []string
	for _, c := range s.Columns {
		switch {
		case c.Mark == warehouse.Person || c.References == "employment" || c.References == "review":
			people = append(people, c.Name)
		case c.Mark == warehouse.Words:
			texts = append(texts, c.Name)
		case !slices.Contains(s.Key, c.Name):
			data = append(data, c.Name)
		}
	}
	return privacyStream{
		Target: s.Name, Grain: s.Grain,
		People: strings.Join(people, ", "), Texts: dash(strings.Join(texts, ", ")), Data: dash(strings.Join(data, ", ")),
	}
}

// Who says which people's rows a right opens.
func (f privacyFacts) Who(r queries.Right) string {
	switch r.People {
	case queries.OfUnits:
		return "people of the units granted"
	case queries.OfLine:
		return "the reader's own line"
	}
	return fmt.Sprintf("groups of %d or more, of pay %d or more", f.Privacy.MinPeople, f.Privacy.MinPeoplePay)
}
