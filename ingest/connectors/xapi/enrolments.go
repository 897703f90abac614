package xapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/ingest/web"
)

// enrolments folds what statements say of mapped activities into enrolments. A pull
// since a cursor folds anew, from all of its statements, each thread that something
// new was said of.
func (w *walk) enrolments(ctx context.Context) error {
	courses, err := w.mapped(ctx)
	if err != nil {
		return err
	}
	f := &folding{walk: w, courses: courses, steps: map[thread][]step{}, actors: map[thread]actor{}, unmapped: map[string]int{}, objects: map[thread]map[string]bool{}}
	if f.known, err = w.known(ctx); err != nil {
		return err
	}
	if err := w.statements(ctx, func(s *statement) error { f.take(s); return nil }); err != nil {
		return err
	}
	if err := f.unvoid(ctx); err != nil {
		return err
	}
	if err := f.refetch(ctx); err != nil {
		return err
	}
	return f.emitAll()
}

// A folding gathers statements by thread.
type folding struct {
	*walk
	courses  courses
	known    map[string][]string // enrolments that the warehouse holds, by thread
	steps    map[thread][]step
	actors   map[thread]actor
	voiders  []string                   // statements that were voided
	touched  map[thread]bool            // of voided statements
	unmapped map[string]int             // activities with outcomes that no course has
	objects  map[thread]map[string]bool // the activities of a thread
}

// take notes a statement.
func (f *folding) take(s *statement) {
	if s.Verb.ID == voiding {
		if s.Object.Type == "StatementRef" && s.Object.ID != "" {
			f.voiders = append(f.voiders, s.Object.ID)
		}
		return
	}
	f.add(s, nil)
}

// add adds a statement to the threads that it is of, or to those of only, if it is not
// nil.
func (f *folding) add(s *statement, only func(thread) bool) {
	r := roleOf(s.Verb.ID)
	if r == aside || s.Object.Type != "" && s.Object.Type != "Activity" {
		return
	}
	course, ok := f.courses.of(s.Object.ID)
	if !ok {
		if r.outcome() && only == nil {
			f.unmapped[s.Object.ID]++
		}
		return
	}
	for _, who := range s.Actor.people() {
		t := thread{who.key(), course, strings.ToLower(s.Context.Registration)}
		if only != nil && !only(t) {
			continue
		}
		f.steps[t] = append(f.steps[t], stepOf(s))
		f.note(t, who, s)
	}
}

// note notes who a thread is of, and about what.
func (f *folding) note(t thread, who actor, s *statement) {
	f.actors[t] = who
	if f.objects[t] == nil {
		f.objects[t] = map[string]bool{}
	}
	f.objects[t][s.Object.ID] = true
}

// unvoid finds the threads from which statements were voided.
func (f *folding) unvoid(ctx context.Context) error {
	f.touched = map[thread]bool{}
	slices.Sort(f.voiders)
	f.voiders = slices.Compact(f.voiders)
	if len(f.voiders) > f.o.LookupMost {
		return fmt.Errorf("%d statements were voided, more than max_lookups = %d: raise it", len(f.voiders), f.o.LookupMost)
	}
	return web.Each(ctx, f.client.Concurrency(), f.voiders, f.voided, func(_ string, s *statement) error {
		if s == nil || s.Object.Type != "" && s.Object.Type != "Activity" {
			return nil
		}
		course, ok := f.courses.of(s.Object.ID)
		if !ok {
			return nil
		}
		for _, who := range s.Actor.people() {
			t := thread{who.key(), course, strings.ToLower(s.Context.Registration)}
			f.touched[t] = true
			f.note(t, who, s)
		}
		return nil
	})
}

// refetch asks for all the statements of each thread that the warehouse holds already,
// and of each from which something was voided: what is new has to be folded with what
// was said before. A full walk has them all.
func (f *folding) refetch(ctx context.Context) error {
	if f.from.IsZero() {
		return nil
	}
	for t := range f.steps {
		if len(f.known[t.id()]) > 0 {
			f.touched[t] = true
		}
	}
	people := f.people()
	if len(people) > f.o.LookupMost {
		return fmt.Errorf("new statements continue enrolments of %d people, more than max_lookups = %d: raise it, or run with --full", len(people), f.o.LookupMost)
	}
	return f.ask(ctx, people)
}

// ask asks for the statements of people, and adds those of the threads that were touched.
func (f *folding) ask(ctx context.Context, people []inquiry) error {
	return web.Each(ctx, f.client.Concurrency(), people, func(ctx context.Context, who inquiry) ([]*statement, error) {
		var all []*statement
		query := url.Values{"ascending": {"true"}, "limit": {fmt.Sprint(f.o.PageSize)}, who.by: {who.value}}
		err := f.pages(ctx, query, func(*web.Answer) {}, func(raw []byte) error {
			if s, err := parse(raw); err == nil && roleOf(s.Verb.ID) != aside {
				all = append(all, s)
			}
			return nil
		})
		return all, err
	}, func(who inquiry, all []*statement) error {
		for _, s := range all {
			f.add(s, func(t thread) bool { return t.person == who.person && f.touched[t] })
		}
		return nil
	})
}

// An inquiry asks for the statements of one person. It does not name a registration:
// stores differ in whether the case of its letters counts.
type inquiry struct{ person, by, value string }

// people are the persons of the threads that were touched. An address is one person's in
// whatever letters it is written, and a store compares them as they stand: it is asked
// for as it is written now, and in lower case. Where some address ever came in other
// letters, whoever did the same is asked for.
func (f *folding) people() []inquiry {
	var out []inquiry
	for t := range f.touched {
		who := f.actors[t]
		out = append(out, inquiry{t.person, "agent", who.question()})
		if who.Mbox == "" {
			continue
		}
		who.Mbox = strings.ToLower(who.Mbox)
		out = append(out, inquiry{t.person, "agent", who.question()})
		if f.letters != "lower" {
			for activity := range f.objects[t] {
				out = append(out, inquiry{t.person, "activity", activity})
			}
		}
	}
	return sorted(out)
}

// sorted puts inquiries in order, each once.
func sorted(all []inquiry) []inquiry {
	slices.SortFunc(all, func(a, b inquiry) int {
		return cmp.Or(strings.Compare(a.person, b.person), strings.Compare(a.value, b.value))
	})
	return slices.Compact(all)
}

// emitAll emits the attempts of the threads. An attempt that the warehouse holds and
// that is no more, a statement having been voided, is gone.
func (f *folding) emitAll() error {
	out := newSink(f.walk, f.Columns[f.stream.Name])
	defer out.release()
	threads := slices.Collect(maps.Keys(f.steps))
	for t := range f.touched {
		if f.steps[t] == nil {
			threads = append(threads, t)
		}
	}
	slices.SortFunc(threads, func(a, b thread) int { return strings.Compare(a.id(), b.id()) })
	gap := time.Duration(*f.o.GapDays) * 24 * time.Hour
	for _, t := range threads {
		held := f.known[t.id()]
		// Some stores list what was voided all the same.
		steps := slices.DeleteFunc(f.steps[t], func(s step) bool {
			_, voided := slices.BinarySearch(f.voiders, s.id)
			return voided
		})
		for _, a := range t.fold(steps, gap) {
			row := t.row(a)
			held = slices.DeleteFunc(slices.Clone(held), func(key string) bool { return key == row["enrolment_id"] })
			if err := out.add(row); err != nil {
				return err
			}
		}
		for _, key := range held {
			if err := out.gone(map[string]string{"enrolment_id": key}); err != nil {
				return err
			}
		}
	}
	f.warnUnmapped()
	return errors.Join(out.flush(true))
}

// warnUnmapped says which activities have outcomes and no course.
func (f *folding) warnUnmapped() {
	if len(f.unmapped) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(f.unmapped), func(a, b string) int {
		if d := f.unmapped[b] - f.unmapped[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	const few = 3
	more := ""
	if len(names) > few {
		names, more = names[:few], ", …"
	}
	f.warnings = append(f.warnings, fmt.Sprintf("%d activities with outcomes are mapped to no course, and their statements are events alone: %s%s; options.courses or a course_xref of system %q maps them",
		len(f.unmapped), strings.Join(names, ", "), more, f.source))
}

// known returns the enrolments that the warehouse holds, by thread.
func (w *walk) known(ctx context.Context) (map[string][]string, error) {
	out := map[string][]string{}
	if w.stream.Held == nil {
		return out, nil
	}
	err := w.stream.Held(ctx, "enrolment", []string{"enrolment_id"}, func(v []*string) error {
		if v[0] == nil {
			return nil
		}
		if id, _, ok := strings.Cut(*v[0], "-"); ok {
			out[id] = append(out[id], *v[0])
		}
		return nil
	})
	return out, err
}

// courses say which course an activity is of.
type courses struct {
	exact    map[string]string
	prefixes []string // the longest first
	byPrefix map[string]string
}

// mapped reads the map of the configuration, then what course_xref says of activities
// of this system.
func (w *walk) mapped(ctx context.Context) (courses, error) {
	c := courses{exact: map[string]string{}, byPrefix: map[string]string{}}
	if w.stream.Held != nil {
		err := w.stream.Held(ctx, "course_xref", []string{"value", "course_id"}, func(v []*string) error {
			if v[0] != nil && v[1] != nil {
				c.exact[*v[0]] = *v[1]
			}
			return nil
		})
		if err != nil {
			return c, err
		}
	}
	for activity, course := range w.o.Courses {
		if prefix, ok := strings.CutSuffix(activity, "*"); ok {
			c.byPrefix[prefix] = course
			c.prefixes = append(c.prefixes, prefix)
			continue
		}
		c.exact[activity] = course
	}
	slices.SortFunc(c.prefixes, func(a, b string) int { return len(b) - len(a) })
	return c, nil
}

// of returns the course of an activity.
func (c courses) of(activity string) (string, bool) {
	if course, ok := c.exact[activity]; ok {
		return course, true
	}
	for _, p := range c.prefixes {
		rest, ok := strings.CutPrefix(activity, p)
		if !ok || rest == "" {
			continue
		}
		if c.byPrefix[p] == "*" {
			return rest, true
		}
		return c.byPrefix[p], true
	}
	return "", false
}
