package warehouse

import (
	"context"
	"strings"
)

// takeTold moves the records that name what the source deleted out of landing into
// the table told. Of what was deleted and delivered in one walk the last one holds.
func (m *merge) takeTold(ctx context.Context) error {
	if !m.filled["is_gone"] {
		return nil
	}
	n, err := m.count(ctx, "select count(*) from landing where is_gone")
	if err != nil || n == 0 {
		return err
	}
	m.told = true
	key := m.spec.Target.Key
	for _, statement := range []string{
		"create or replace temp table told as select " + idents("", key) + ", max(rowid) as place from landing where is_gone group by all",
		"delete from landing where not coalesce(is_gone, false) and exists (select 1 from told t where " + m.sameKey("t", "landing", key) + " and landing.rowid < t.place)",
		"delete from told where exists (select 1 from landing l where not coalesce(l.is_gone, false) and " + m.sameKey("told", "l", key) + ")",
		"delete from landing where is_gone",
	} {
		if _, err := m.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// removeTold deletes what the source says is deleted. It said so: no guard applies.
func (m *merge) removeTold(ctx context.Context) error {
	if !m.told || m.first {
		return nil
	}
	_, err := m.exec(ctx, "create or replace temp table gone as select r.rid from "+m.latest()+" r join told t on "+
		m.sameKey("r", "t", m.spec.Target.Key)+" where r.deleted_at is null")
	if err != nil {
		return err
	}
	return m.tombstone(ctx, "gone")
}

// markUnseen notes, in a stream that keeps what is no longer delivered, since when a
// full walk has not seen a record. What is seen again loses the note.
func (m *merge) markUnseen(ctx context.Context) error {
	if !m.spec.Target.KeepUnseen || m.first || m.walk.HasAsOf || len(m.walk.Kept) > 0 {
		return nil
	}
	key := m.identity()
	mine := " from " + m.latest() + " r where r.deleted_at is null"
	seen, err := m.exec(ctx, "update "+m.raw()+" set not_seen_since = null where rowid in (select r.rid"+mine+
		" and r.not_seen_since is not null and exists (select 1 from landing l where "+m.sameKey("l", "r", key)+"))")
	if err != nil {
		return err
	}
	m.marked += seen
	if !m.complete() || m.landed < m.spec.MinRows {
		return nil
	}
	unseen, err := m.exec(ctx, "update "+m.raw()+" set not_seen_since = "+m.at()+" where rowid in (select r.rid"+mine+
		" and r.not_seen_since is null and r.run_id in ("+m.runs()+") and not exists (select 1 from landing l where "+m.sameKey("l", "r", key)+")"+
		" and not exists (select 1 from refused x where "+m.refusedKey("x", "r")+"))")
	m.marked += unseen
	return err
}

// runs selects the runs of this stream.
func (m *merge) runs() string {
	return strings.Join([]string{
		"select run_id from meta.run where source =", literal(m.spec.Source), "and stream =", literal(m.spec.Stream), "union select", m.run64(),
	}, " ")
}
