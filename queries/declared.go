package queries

import (
	"fmt"
	"io/fs"
	"sync"
)

// A Declaration is what a query says of itself in its header.
type Declaration struct {
	Name  string
	About string
	Topic Topic
	Class Class
	Whole bool   // for readers of the whole company alone
	View  string // the sensitive view that it belongs to; "" is none
}

// Declared lists what every query declares, in order of name. A file whose header
// is wrong is left out, and its query does not run.
func Declared() []Declaration { return theDeclared() }

var theDeclared = sync.OnceValue(func() []Declaration {
	var out []Declaration
	for _, name := range Names() {
		src, err := fs.ReadFile(files, name+".sql")
		if err != nil {
			continue
		}
		h, _, err := parseHeader(string(src))
		if err != nil {
			continue
		}
		out = append(out, Declaration{name, h.about, h.topic, h.class, h.scope == companyScope, h.view})
	}
	return out
})

// TopicOf returns the topic of a query.
func TopicOf(name string) (Topic, error) {
	for _, d := range Declared() {
		if d.Name == name {
			return d.Topic, nil
		}
	}
	return "", fmt.Errorf("query %s: there is none, or its header is wrong", name)
}
