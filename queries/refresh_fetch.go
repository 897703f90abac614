package queries

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// A fetcher reads what studies need, on one goroutine. It prepares each query once,
// and keeps one dial at a time: they may be large.
type fetcher struct {
	db       *sql.DB
	prepared map[string]*sql.Stmt
	metric   string // whose cells are kept
	cells    []cellRow
	content  map[string]string
}

func newFetcher(db *sql.DB) *fetcher {
	return &fetcher{db: db, prepared: map[string]*sql.Stmt{}, content: map[string]string{}}
}

func (f *fetcher) close() {
	for _, s := range f.prepared {
		s.Close()
	}
}

// query runs a query of a refresh with those of args that it uses.
func (f *fetcher) query(ctx context.Context, name string, args []sql.NamedArg) (*sql.Rows, error) {
	src, bound, err := panelQuery(name, args)
	if err != nil {
		return nil, err
	}
	stmt := f.prepared[name]
	if stmt == nil {
		if stmt, err = f.db.PrepareContext(ctx, src); err != nil {
			return nil, err
		}
		f.prepared[name] = stmt
	}
	return stmt.QueryContext(ctx, bound...)
}

// fetch reads the rows of a query of a refresh.
func fetch[T any](ctx context.Context, f *fetcher, name string, args ...sql.NamedArg) ([]T, error) {
	rows, err := f.query(ctx, name, args)
	if err != nil {
		return nil, fmt.Errorf("panel %s: %w", name, err)
	}
	return scanAll[T](name, rows)
}

func (f *fetcher) contentOf(ctx context.Context, metric string) (string, error) {
	if c, ok := f.content[metric]; ok {
		return c, nil
	}
	type row struct {
		Content string `db:"content"`
	}
	rows, err := fetch[row](ctx, f, "content", sql.Named("metric", metric))
	if err != nil {
		return "", err
	}
	f.content[metric] = rows[0].Content
	return rows[0].Content, nil
}

func (f *fetcher) cellsOf(ctx context.Context, metric string) ([]cellRow, error) {
	if f.cells != nil && f.metric == metric {
		return f.cells, nil
	}
	f.cells = nil // before the next ones come
	c, err := cells(ctx, f.db, metric)
	if err != nil {
		return nil, err
	}
	f.metric, f.cells = metric, c
	return c, nil
}

// atOnce is how many links of one dial are studied by one fetcher.
const atOnce = 8

// jobsOf groups links by their dial, at most atOnce a job.
func jobsOf(links []linkRow) [][]int {
	order := make([]int, len(links))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(text(links[a].Metric), text(links[b].Metric)) })
	var jobs [][]int
	for _, i := range order {
		last := len(jobs) - 1
		if last < 0 || len(jobs[last]) == atOnce || text(links[jobs[last][0]].Metric) != text(links[i].Metric) {
			jobs = append(jobs, nil)
			last++
		}
		jobs[last] = append(jobs[last], i)
	}
	return jobs
}

// guarded turns a panic into an error: a server that judges must not die of one link.
func (f *fetcher) guarded(ctx context.Context, l linkRow, was believedRow) (k *kept, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a bug of Dials: %v\n%s", r, debug.Stack())
		}
	}()
	return f.study(ctx, l, was)
}

// studyAll studies the links on all cores, those of one dial after each other. The
// answer does not depend on how many cores there are.
func studyAll(ctx context.Context, db *sql.DB, links []linkRow, believed map[string]believedRow, progress func(Progress)) ([]*kept, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := jobsOf(links)
	studies, problems := make([]*kept, len(links)), make([]error, len(links))
	next := make(chan []int, len(jobs))
	for _, j := range jobs {
		next <- j
	}
	close(next)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	begin := func(l linkRow) {
		mu.Lock()
		defer mu.Unlock()
		if progress != nil {
			progress(Progress{Tactic: l.TacticName, Dial: text(l.DialName), Done: done, Of: len(links)})
		}
		done++
	}
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wg.Go(func() {
			f := newFetcher(db)
			defer f.close()
			for job := range next {
				for _, i := range job {
					begin(links[i])
					if studies[i], problems[i] = f.guarded(ctx, links[i], believed[links[i].ID]); problems[i] != nil {
						cancel()
						return
					}
				}
			}
		})
	}
	wg.Wait()
	for i, err := range problems {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("%s: %w", links[i].ID, err)
		}
	}
	return studies, ctx.Err()
}
