package web

import (
	"context"
	"sync"
)

// Each calls ask for every item, at most n at a time, and take with the results in the
// order of the items, one at a time: so that what is emitted does not depend on which
// answer came first. It stops at the first error, and waits for what is under way. At
// most 2n results wait to be taken.
func Each[Item, Result any](ctx context.Context, n int, items []Item, ask func(context.Context, Item) (Result, error), take func(Item, Result) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type outcome struct {
		result Result
		err    error
	}
	n = max(n, 1)
	waiting := make(chan chan outcome, n)
	slots := make(chan struct{}, n)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(waiting)
		for _, item := range items {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			done := make(chan outcome, 1)
			running.Go(func() {
				defer func() { <-slots }()
				r, err := ask(ctx, item)
				done <- outcome{r, err}
			})
			select {
			case waiting <- done:
			case <-ctx.Done():
				return
			}
		}
	})
	defer running.Wait()
	i := 0
	for done := range waiting {
		got := <-done
		if got.err == nil {
			got.err = take(items[i], got.result)
		}
		if got.err != nil {
			cancel(got.err)
			return got.err
		}
		i++
	}
	if i < len(items) {
		return context.Cause(ctx)
	}
	return nil
}
