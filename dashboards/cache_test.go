package dashboards

import (
	"errors"
	"testing"
	"testing/synctest"
)

// When the data have moved everybody asks for the same page: one request makes it.
func TestCacheMakesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache pageCache
		page, made := newRendered(200, []byte("page")), 0
		release, answers := make(chan struct{}), make(chan *rendered, 20)
		for range cap(answers) {
			go func() {
				p, err := cache.get("1", "/page", func() (*rendered, error) {
					made++
					<-release
					return page, nil
				})
				if err != nil {
					t.Error(err)
				}
				answers <- p
			}()
		}
		synctest.Wait() // one makes it, the others wait
		close(release)
		for range cap(answers) {
			if p := <-answers; p != page {
				t.Error("another page")
			}
		}
		if made != 1 {
			t.Errorf("made %d times", made)
		}
	})
}

// What could not be made is made anew for the next one who asks, a panic too.
func TestCacheKeepsNoFailure(t *testing.T) {
	var cache pageCache
	broken := errors.New("broken")
	if _, err := cache.get("1", "/page", func() (*rendered, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = cache.get("1", "/page", func() (*rendered, error) { panic("made badly") })
	}()
	page := newRendered(200, nil)
	if p, err := cache.get("1", "/page", func() (*rendered, error) { return page, nil }); p != page || err != nil {
		t.Error(p, err)
	}
}
