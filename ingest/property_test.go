package ingest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// In whatever order monthly snapshots come, and come again corrected, what was true
// on the day of each is what it says, and reading all of them again changes nothing.
func TestSnapshotsInAnyOrder(t *testing.T) {
	const months, keys, seeds = 5, 5, 4
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 7))
		activeOnly := seed%2 == 0
		extra := "max_deleted_fraction = 1.0\nmin_rows = 0"
		if activeOnly {
			extra += "\npopulation = \"active_only\""
		}
		s := newSite(t)
		cfg := stream("org_unit", "snapshot", "u/*.csv", extra, `as_of = { file = "u_%Y-%m.csv" }`)
		snapshots := map[int]map[string]string{}
		deliver := func(month int) {
			snapshot := map[string]string{}
			content := "unit_id,name\n"
			for k := range keys {
				// A key is left out only of a delivery of active records: elsewhere
				// the newest delivery alone decides what is deleted.
				if activeOnly && random.IntN(4) == 0 {
					continue
				}
				key, name := fmt.Sprintf("k%d", k), fmt.Sprintf("n%d", random.IntN(3))
				snapshot[key] = name
				content += key + "," + name + "\n"
			}
			snapshots[month] = snapshot
			s.write(fmt.Sprintf("u/u_2024-%02d.csv", month), content)
		}
		order := random.Perm(months)
		order = append(order, random.IntN(months), random.IntN(months)) // corrections
		for len(order) > 0 {
			n := min(1+random.IntN(2), len(order))
			for _, m := range order[:n] {
				deliver(m + 1)
			}
			order = order[n:]
			s.mustSync(cfg)
			for _, month := range slices.Sorted(maps.Keys(snapshots)) {
				var want []string
				for _, k := range slices.Sorted(maps.Keys(snapshots[month])) {
					want = append(want, k+"|"+snapshots[month][k])
				}
				if want == nil {
					want = []string{}
				}
				got := s.query(fmt.Sprintf(`select unit_id, name from raw.org_unit, (select last_day(date '2024-%02d-01') as d)
					where superseded_at is null and deleted_at is null and valid_from <= d and (valid_to is null or valid_to > d) order by 1`, month))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d, month %d (-delivered +as was):\n%s\n%s", seed, month, diff, strings.Join(s.query(unitRows), "\n"))
				}
			}
			s.checkFull(cfg)
		}
		s.same("overlaps", nil, `select unit_id from raw.org_unit a join raw.org_unit b using (unit_id) where a.superseded_at is null and b.superseded_at is null
			and a.deleted_at is null and b.deleted_at is null and a.valid_from < b.valid_from and coalesce(a.valid_to, '9999-12-31') > b.valid_from`)
	}
}

// After a complete delivery what is current is what was delivered, and what was known
// at each earlier time can still be told.
func TestCurrentIsDelivered(t *testing.T) {
	const rounds, keys = 8, 12
	random := rand.New(rand.NewPCG(3, 9))
	s := newSite(t)
	cfg := stream("framework", "snapshot", "f/*.csv", "max_deleted_fraction = 1.0\nmin_rows = 0")
	type known struct {
		at   string
		rows []string
	}
	var history []known
	parts := [2]map[string]string{{}, {}}
	for range rounds {
		part := random.IntN(2)
		for range 4 {
			key := fmt.Sprintf("k%02d", 2*random.IntN(keys/2)+part)
			if random.IntN(3) == 0 {
				delete(parts[part], key)
			} else {
				parts[part][key] = fmt.Sprintf("n%d", random.IntN(4))
			}
		}
		var want []string
		for i, p := range parts {
			content := "framework_id,name\n"
			for _, k := range slices.Sorted(maps.Keys(p)) {
				content += k + "," + p[k] + "\n"
				want = append(want, k+"|"+p[k])
			}
			s.write(fmt.Sprintf("f/%d.csv", i), content)
		}
		slices.Sort(want)
		s.mustSync(cfg)
		s.same("current", want, "select framework_id, name from raw.framework where superseded_at is null and deleted_at is null order by 1")
		history = append(history, known{s.now.Format("2006-01-02 15:04:05"), want})
		for _, h := range history {
			s.same("as known at "+h.at, h.rows, fmt.Sprintf(`select framework_id, name from raw.framework where recorded_at <= '%[1]s'
				and (superseded_at is null or superseded_at > '%[1]s') and (deleted_at is null or deleted_at > '%[1]s') order by 1`, h.at))
		}
	}
}
