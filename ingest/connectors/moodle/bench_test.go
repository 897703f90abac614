package moodle_test

import (
	"fmt"
	"testing"
	"time"
)

// Enrolments of a site that takes 20 ms for each answer, against the ideal of
// requests × latency ÷ concurrency.
func BenchmarkLatency(b *testing.B) {
	const concurrency = 8
	f := newFake(b)
	f.latency = 20 * time.Millisecond
	f.courses = map[int]*fakeCourse{}
	for c := 2; c < 22; c++ {
		f.courses[c] = &fakeCourse{short: fmt.Sprint(c), full: "Course", tracked: true, criteria: true, max: 100, people: map[int]*fakePerson{}}
		for u := 1000; u < 1600; u++ {
			f.users[u] = &fakeUser{name: "u", email: "u@example.com"}
			f.courses[c].people[u] = &fakePerson{role: "student", complete: (u+c)%10 == 0, done: []int{monday}}
		}
	}
	for b.Loop() {
		s := newSite(b, f)
		f.took()
		begin := time.Now()
		if _, err := s.Run(config(f.URL, fmt.Sprintf("concurrency = %d", concurrency), "enrolment"), false); err != nil {
			b.Fatal(err)
		}
		spent := time.Since(begin)
		n := 0
		for _, k := range f.took() {
			n += k
		}
		ideal := time.Duration(n) * f.latency / concurrency
		b.ReportMetric(spent.Seconds()/ideal.Seconds(), "×ideal")
		b.ReportMetric(float64(n), "requests")
	}
}
