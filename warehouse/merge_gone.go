package warehouse

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// removeGone deletes the records that a complete delivery no longer holds, or ends
// them where only active records are delivered.
func (m *merge) removeGone(ctx context.Context) error {
	where := m.goneScope()
	if where == "" {
		return nil
	}
	t, snapshot := m.spec.Target, m.spec.Delivery == Snapshot
	ending := m.spec.ActiveOnly && t.Dated && snapshot
	if !ending && m.newest.Before(m.final) && m.spec.Delivery != Delta {
		return nil // a later delivery of this load decides
	}
	key := m.identity()
	if t.Dated && (snapshot || m.observed()) {
		// A snapshot holds what is in force; what ended before is not gone.
		key = t.Key
		on := m.date(m.newest)
		where += " and (r.valid_to is null or r.valid_to > " + on + ")"
		if m.observed() {
			where += " and r.valid_from <= " + on
		}
		if m.spec.Delivery == Delta {
			where += " and r.valid_from = " + on
		}
	}
	if err := m.findGone(ctx, where, key); err != nil {
		return err
	}
	if ending {
		return m.endGone(ctx, m.newest, m.last)
	}
	before := m.counts.Deleted
	err := m.tombstone(ctx, "gone")
	if n := m.counts.Deleted - before; n > 0 && t.Dated && snapshot {
		m.warn(`%s absent from the snapshot as of %s: marked as deleted, as if never there; where absence means an end, as of leavers, set population = "active_only"`, plural(n, "record"), day(m.newest))
	}
	return err
}

// goneScope says which records this delivery is complete for, as a condition on r,
// or "" for none.
func (m *merge) goneScope() string {
	t := m.spec.Target
	if m.spec.ReplaceWithin != "" && (m.walk.Complete || m.walk.Within) {
		col := quote(m.spec.ReplaceWithin)
		return "r." + col + " in (select " + col + " from landing)"
	}
	if t.KeepUnseen || !m.walk.Complete || (m.spec.ActiveOnly && !t.Dated) || m.final.Before(m.held()) {
		return ""
	}
	if m.spec.Delivery == Delta {
		if len(m.files) == 0 {
			return ""
		}
		return "r.source_file in (select path from landed_file)" // a file that is delivered again replaces itself
	}
	if kept := m.keptFiles(); len(kept) > 0 {
		if len(m.files) == 0 && len(m.state.Files) == len(kept) {
			return "" // every file is as it was
		}
		return "(r.source_file is null or r.source_file not in (" + literals(kept) + "))"
	}
	if m.walk.HasAsOf && m.landed == 0 {
		return "" // every file was loaded before
	}
	return "true"
}

// findGone fills the table gone with the records in scope that are not in landing,
// and refuses to if they are too many.
func (m *merge) findGone(ctx context.Context, scope string, key []string) error {
	known, err := m.holdBack(ctx)
	if err != nil {
		return err
	}
	mine := " and r.deleted_at is null and r.run_id in (" + m.runs() + ")"
	scope += mine
	_, err = m.exec(ctx, "create or replace temp table gone as select r.rid, r.valid_from from "+m.dated()+" r where "+known+" and "+scope+
		" and not exists (select 1 from landing l where "+m.sameKey("l", "r", key)+")"+
		" and not exists (select 1 from refused x where "+m.refusedKey("x", "r")+")")
	if err != nil {
		return err
	}
	gone, err := m.count(ctx, "select count(*) from gone")
	if err != nil || gone == 0 {
		return err
	}
	if m.spec.ReplaceWithin != "" {
		scope = "true" + mine // a parent has few records: their share says nothing
	}
	held, err := m.count(ctx, "select count(*) from "+m.dated()+" r where "+scope)
	if err != nil {
		return err
	}
	return m.allow(gone, held)
}

// dated is latest, with a valid_from even where the target has none.
func (m *merge) dated() string {
	if m.spec.Target.Dated {
		return m.latest()
	}
	return "(select *, null::date as valid_from from " + m.latest() + ")"
}

// allow says whether a delivery may delete that many records.
func (m *merge) allow(gone, held int64) error {
	const always = 10
	landed := m.landed + m.walk.KeptRows
	if landed < m.spec.MinRows {
		return fmt.Errorf("a complete delivery of %s would delete %d of %d: at least %d must come (min_rows); nothing was loaded",
			plural(landed, "record"), gone, held, m.spec.MinRows)
	}
	limit := max(always, int64(m.spec.MaxDeleted*float64(held)))
	if gone <= limit || m.spec.Confirmed {
		return nil
	}
	return fmt.Errorf("%d of %d records (%.0f %%) are no longer delivered, and one delivery may delete %d; nothing was loaded: if this is right, confirm it: dials sync %s --confirm-deletes %s.%s",
		gone, held, 100*float64(gone)/float64(held), limit, m.spec.Source, m.spec.Source, m.spec.Stream)
}

// holdBack is "false" where a refused record has no readable key: it may be any of
// those that seem gone.
func (m *merge) holdBack(ctx context.Context) (string, error) {
	var missing []string
	for _, k := range m.spec.Target.Key {
		if c, _ := m.spec.Target.Column(k); c.Required {
			missing = append(missing, quote("key_"+k)+" is null")
		}
	}
	if len(missing) == 0 {
		return "true", nil
	}
	n, err := m.count(ctx, "select count(*) from refused where "+strings.Join(missing, " or "))
	if err != nil || n == 0 {
		return "true", err
	}
	m.warn("%s refused before the key could be read, so no record was marked as deleted", plural(n, "record"))
	return "false", nil
}

// refusedKey compares the key of a refused record with that of a version.
func (m *merge) refusedKey(x, r string) string {
	var conds []string
	for _, k := range m.spec.Target.Key {
		conds = append(conds, x+"."+quote("key_"+k)+" is not distinct from "+r+"."+quote(k))
	}
	return strings.Join(conds, " and ")
}

// tombstone supersedes the versions in the temporary table ids by deleted ones.
func (m *merge) tombstone(ctx context.Context, ids string) error {
	n, err := m.count(ctx, "select count(*) from "+ids)
	if err != nil || n == 0 {
		return err
	}
	m.counts.Deleted += n
	return m.rewrite(ctx, ids, m.at()+" as deleted_at")
}

// endGone ends the records in the table gone on the day after they were last seen.
// The end is inferred: valid_basis says observed and extra says so.
func (m *merge) endGone(ctx context.Context, on, seen time.Time) error {
	end := on
	if !seen.IsZero() && seen.Before(on) {
		end = seen.AddDate(0, 0, 1)
	}
	_, err := m.exec(ctx, "create or replace temp table ended as select rid from gone where valid_from < "+m.date(end))
	if err != nil {
		return err
	}
	if _, err := m.exec(ctx, "delete from gone where rid in (select rid from ended)"); err != nil {
		return err
	}
	if err := m.tombstone(ctx, "gone"); err != nil { // never seen in force
		return err
	}
	n, err := m.count(ctx, "select count(*) from ended")
	if err != nil || n == 0 {
		return err
	}
	m.counts.Updated += n
	m.warn("%s absent from the delivery of active records as of %s: ended on %s, inferred", plural(n, "record"), day(on), day(end))
	replace := m.date(end) + " as valid_to, 'observed' as valid_basis, json_merge_patch(coalesce(r.extra, '{}'), '{\"" + inferredEnd + "\":\"" + day(end) + "\"}') as extra"
	if c := m.spec.Target.EndColumn; c != "" {
		replace += ", coalesce(r." + quote(c) + ", " + m.date(end) + ") as " + quote(c)
	}
	return m.rewrite(ctx, "ended", replace)
}
