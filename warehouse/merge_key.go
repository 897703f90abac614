package warehouse

import (
	"context"
	"slices"
	"strings"
)

// mergeByKey merges records that are identified by their key, with valid_from where
// the target is dated.
func (m *merge) mergeByKey(ctx context.Context) error {
	if err := m.removeCorrected(ctx); err != nil {
		return err
	}
	if err := m.endAtNext(ctx); err != nil {
		return err
	}
	if m.first {
		n, err := m.insertLanded(ctx, "")
		m.counts.Inserted += n
		return err
	}
	if err := m.findChanges(ctx); err != nil {
		return err
	}
	if err := m.applyChanges(ctx); err != nil {
		return err
	}
	if err := m.endEarlier(ctx); err != nil {
		return err
	}
	return m.removeGone(ctx)
}

// findChanges fills the table change: which landed record is new, changed or, its
// values being the same, moved to another file.
func (m *merge) findChanges(ctx context.Context) error {
	join := " left join " + m.latest() + " r on " + m.sameKey("l", "r", m.identity())
	// A record that moved to another file is not gone when its old file is
	// delivered again without it.
	path, moved := "null::varchar", "false"
	if !m.walk.HasAsOf && len(m.files) > 0 {
		path, moved = "f.path", "r.source_file is distinct from f.path"
		join += " left join landed_file f on f.file = l.file"
	}
	// A deleted record comes back only by a delivery that is not older than the one
	// which it was missing from.
	isNew := "r.rid is null or r.deleted_at is not null"
	if m.newest.Before(m.held()) {
		isNew = "r.rid is null or r.deleted_at is not null"
		join += " where r.deleted_at is null or r.run_id = " + m.run64() // or by this load itself
	}
	_, err := m.exec(ctx, `create or replace temp table change as select * from (
		select l.rowid as l_row, r.rid, `+path+` as path, case
			when `+isNew+` then 'new'
			when `+m.differs("l", "r")+` then 'changed'
			when `+moved+` then 'moved' end as kind
		from landing l`+join+`) where kind is not null`)
	return err
}

// applyChanges writes the versions that change says.
func (m *merge) applyChanges(ctx context.Context) error {
	added, err := m.count(ctx, "select count(*) from change where kind = 'new'")
	if err != nil {
		return err
	}
	changed, err := m.count(ctx, "select count(*) from change where kind = 'changed'")
	if err != nil {
		return err
	}
	m.counts.Inserted += added
	m.counts.Updated += changed
	m.counts.Unchanged += m.landed - added - changed
	if err := m.keepAbsent(ctx); err != nil {
		return err
	}
	if added+changed > 0 {
		if _, err := m.insertLanded(ctx, " join change c on c.l_row = l.rowid and c.kind in ('new', 'changed')"); err != nil {
			return err
		}
		if err := m.supersede(ctx, "select rid from change where rid is not null and kind in ('new', 'changed')"); err != nil {
			return err
		}
	}
	_, err = m.exec(ctx, "update "+m.raw()+" as r set source_file = c.path from change c where c.kind = 'moved' and r.rowid = c.rid")
	return err
}

// keepAbsent gives landed records the values that were known, in the columns that
// no record of the delivery has.
func (m *merge) keepAbsent(ctx context.Context) error {
	if len(m.walk.Absent) == 0 {
		return nil
	}
	var sets []string
	for _, c := range m.walk.Absent {
		sets = append(sets, quote(c)+" = r."+quote(c))
	}
	_, err := m.exec(ctx, "update landing as l set "+strings.Join(sets, ", ")+" from change c, "+m.raw()+
		" r where c.kind = 'changed' and l.rowid = c.l_row and r.rowid = c.rid")
	return err
}

// insertLanded inserts the landed records as current versions. join limits them.
func (m *merge) insertLanded(ctx context.Context, join string) (int64, error) {
	cols := m.payload()
	basis := ""
	if m.spec.Target.Dated {
		cols = append(cols, "valid_from", "valid_to")
		basis = ", 'stated' as valid_basis"
	}
	selected := make([]string, len(cols))
	for i, c := range cols {
		selected[i] = "l." + quote(c)
		if value := m.constant[c]; value != "" {
			selected[i] = "(" + value + ")::" + m.landingType(c) + " as " + quote(c)
		}
	}
	files := " left join landed_file f on f.file = l.file"
	if join == "" {
		// A full join says that the order of the records does not matter. Otherwise
		// DuckDB keeps it by writing blocks that are not full, and the next
		// checkpoint writes them all a second time.
		files = " full join (select * from landed_file where file in (select file from landing)) f on f.file = l.file"
		if len(m.files) == 0 {
			files = " full join landed_file f on f.file = l.rowid" // it is empty
		}
	}
	return m.exec(ctx, "insert into "+m.raw()+" by name select "+strings.Join(selected, ", ")+basis+", f.path as source_file, "+m.stamp()+" from landing l"+join+files)
}

// payload are the columns of landing that become columns of raw, valid_from and
// valid_to apart.
func (m *merge) payload() []string {
	var names []string
	for _, c := range m.spec.Target.Columns {
		names = append(names, c.Name)
	}
	names = append(names, "source_id", "stated_at", "extra")
	return slices.DeleteFunc(names, func(name string) bool { return !m.filled[name] && m.constant[name] == "" })
}

// stamp are the columns that say which run wrote a version, and when.
func (m *merge) stamp() string {
	return literal(m.spec.Source) + " as source, " + m.run64() + " as run_id, " + m.at() + " as recorded_at"
}

// supersede closes the versions that ids selects.
func (m *merge) supersede(ctx context.Context, ids string) error {
	_, err := m.exec(ctx, "update "+m.raw()+" set superseded_at = "+m.at()+" where rowid in ("+ids+")")
	return err
}

// rewrite supersedes the versions whose rowid is in the temporary table ids, by
// copies in which the columns of replace have new values; i is the row of ids.
func (m *merge) rewrite(ctx context.Context, ids, replace string) error {
	_, err := m.exec(ctx, "insert into "+m.raw()+" by name select r.* replace ("+replace+", "+m.run64()+" as run_id, "+
		m.at()+" as recorded_at, null as superseded_at) from "+m.raw()+" r join "+ids+" i on i.rid = r.rowid")
	if err != nil {
		return err
	}
	return m.supersede(ctx, "select rid from "+ids)
}

// statesNoEnd says whether records have a stated begin and no stated end: each then
// ends where the next one of its key begins.
func (m *merge) statesNoEnd() bool {
	return m.spec.Target.Dated && m.walk.StatesFrom && !m.walk.StatesTo
}

// statesNow says whether records have a stated begin and come as a snapshot: those
// that ended before are not in it.
func (m *merge) statesNow() bool {
	return m.spec.Target.Dated && m.walk.StatesFrom && m.spec.Delivery == Snapshot
}

// endAtNext sets valid_to in landing where the source does not say it, and leaves in
// the table span where each record of a delivered key is followed by the next.
func (m *merge) endAtNext(ctx context.Context) error {
	if !m.statesNoEnd() && !m.statesNow() {
		return nil
	}
	key := m.spec.Target.Key
	held := ""
	switch {
	case m.first:
	case m.spec.Delivery == History && m.walk.Complete:
		// Of what is held, only the files that are not delivered again still count.
		held = " union select " + idents("", key) + ", valid_from from " + m.latest() + " where deleted_at is null and source_file in (" + literals(m.keptFiles()) + ")"
	default:
		held = " union select " + idents("", key) + ", valid_from from " + m.latest() + " where deleted_at is null"
	}
	_, err := m.exec(ctx, "create or replace temp table span as select *, lead(valid_from) over (partition by "+idents("", key)+
		" order by valid_from) as next_from from (select "+idents("", key)+", valid_from from landing"+held+")")
	if err != nil || !m.statesNoEnd() {
		return err
	}
	_, err = m.exec(ctx, "update landing as l set valid_to = s.next_from from span s where s.next_from is not null and "+
		m.sameKey("l", "s", append(slices.Clone(key), "valid_from")))
	return err
}

// keptFiles are the files whose records still hold although they were not read.
func (m *merge) keptFiles() []string {
	if m.walk.HasAsOf {
		return nil
	}
	return m.walk.Kept
}

// endEarlier ends the records that are held and were not delivered, where a later
// one of their key now begins before they end.
func (m *merge) endEarlier(ctx context.Context) error {
	if !m.statesNow() && (!m.statesNoEnd() || m.spec.Delivery == History && m.walk.Complete) {
		return nil
	}
	key := append(slices.Clone(m.spec.Target.Key), "valid_from")
	_, err := m.exec(ctx, "create or replace temp table ended as select r.rid, s.next_from from "+m.latest()+" r join span s on "+m.sameKey("r", "s", key)+
		" where r.deleted_at is null and s.next_from is not null and (r.valid_to is null or r.valid_to > s.next_from)"+
		" and not exists (select 1 from landing l where "+m.sameKey("l", "r", key)+")")
	if err != nil {
		return err
	}
	n, err := m.count(ctx, "select count(*) from ended")
	if err != nil || n == 0 {
		return err
	}
	m.counts.Updated += n
	return m.rewrite(ctx, "ended", "i.next_from as valid_to")
}

// removeCorrected deletes the records in force on the day of a snapshot that begin
// later than the snapshot says: their begin was corrected.
func (m *merge) removeCorrected(ctx context.Context) error {
	if !m.statesNow() || m.first {
		return nil
	}
	key, on := m.spec.Target.Key, m.date(m.newest)
	_, err := m.exec(ctx, "create or replace temp table corrected as select r.rid from "+m.latest()+" r join (select "+idents("", key)+
		", max(valid_from) as begins from landing where valid_from <= "+on+" group by all) l on "+m.sameKey("l", "r", key)+
		" where r.deleted_at is null and r.valid_from > l.begins and r.valid_from <= "+on+" and (r.valid_to is null or r.valid_to > "+on+")"+
		" and not exists (select 1 from landing x where "+m.sameKey("x", "r", append(slices.Clone(key), "valid_from"))+")")
	if err != nil {
		return err
	}
	return m.tombstone(ctx, "corrected")
}

// landingType is the type of a column of landing.
func (m *merge) landingType(column string) string {
	cols := m.LandingColumns()
	return cols[slices.IndexFunc(cols, func(c Column) bool { return c.Name == column })].Type
}
