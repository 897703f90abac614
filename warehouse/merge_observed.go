package warehouse

import (
	"context"
	"time"
)

// mergeDays merges the deliveries of several days in their order, so that taking the
// same deliveries again changes nothing.
func (m *merge) mergeDays(ctx context.Context) error {
	if m.landed > 0 && !m.walk.HasAsOf {
		if _, err := m.exec(ctx, "update landing set as_of = "+m.date(m.newest)); err != nil {
			return err
		}
	}
	days, err := m.days(ctx)
	if err != nil {
		return err
	}
	if len(days) == 0 {
		days = []time.Time{m.newest}
	}
	if _, err := m.exec(ctx, "alter table landing rename to all_landing"); err != nil {
		return err
	}
	m.prior = m.last
	for i, d := range days {
		// last is the day of the delivery before this one, of this load or an earlier one.
		if m.last = m.prior; !m.last.Before(d) {
			m.last = time.Time{}
		}
		if i > 0 && days[i-1].After(m.last) {
			m.last = days[i-1]
		}
		m.newest = d
		if err := m.landDay(ctx); err != nil {
			return err
		}
		if m.observed() {
			err = m.mergeDay(ctx)
		} else {
			err = m.mergeByKey(ctx)
		}
		if err != nil {
			return err
		}
		m.first = false
	}
	m.last = m.prior
	return nil
}

// landDay makes landing the delivery of one day.
func (m *merge) landDay(ctx context.Context) error {
	_, err := m.exec(ctx, "create or replace temp table landing as select * from all_landing where as_of = "+m.date(m.newest)+" order by rowid")
	if err == nil {
		m.landed, err = m.count(ctx, "select count(*) from landing")
	}
	return err
}

// days are the dates of the deliveries, oldest first.
func (m *merge) days(ctx context.Context) ([]time.Time, error) {
	rows, err := m.conn.QueryContext(ctx, "select distinct as_of from landing order by 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var days []time.Time
	for rows.Next() {
		var d time.Time
		if err := rows.Scan(&d); err != nil {
			return nil, err
		}
		days = append(days, d)
	}
	return days, rows.Err()
}

// mergeDay merges a delivery whose records do not say from when they are true: each
// is true from the day on which it was first seen. What an earlier day of this load
// deleted counts as never seen. A record that differs from the
// version in force that day ends it and takes its place, up to where it ended; one
// that is not in force holds until the next version of its key.
func (m *merge) mergeDay(ctx context.Context) error {
	key, on := m.spec.Target.Key, m.date(m.newest)
	// Where absence is an end, what is deleted was never in force: it cannot return.
	mayReturn := "false"
	if !m.spec.ActiveOnly {
		mayReturn = "run_id <> " + m.run64()
	}
	back := "c.deleted_at is not null"
	if m.newest.Before(m.held()) {
		back = "false" // as in findChanges
	}
	_, err := m.exec(ctx, `create or replace temp table change as select * from (
		select l.rowid as l_row, c.rid, c.valid_from, c.valid_to, `+m.differs("l", "c")+` as is_changed, case
			when c.rid is null then 'new'
			when c.deleted_at is null and `+m.differs("l", "c")+` then 'changed'
			when `+back+` then 'back' end as kind
		from landing l left join (select * from `+m.latest()+` where valid_from <= `+on+` and (valid_to is null or valid_to > `+on+`)
			and (deleted_at is null or `+mayReturn+`)) c on `+m.sameKey("l", "c", key)+`
		) where kind is not null`)
	if err != nil {
		return err
	}
	if err := m.countDay(ctx); err != nil {
		return err
	}
	if err := m.keepAbsent(ctx); err != nil {
		return err
	}
	// What ends today is written again with its end; what only comes back, as it was.
	_, err = m.exec(ctx, "create or replace temp table closing as select rid, case when is_changed then "+on+
		" else valid_to end as ends from change where kind <> 'new' and (not is_changed or valid_from < "+on+")")
	if err != nil {
		return err
	}
	from := " from landing l join change c on c.l_row = l.rowid and (c.kind = 'new' or c.is_changed) left join landed_file f on f.file = l.file" +
		" left join (select " + idents("", key) + ", min(valid_from) as begins from " + m.latest() + " where deleted_at is null and valid_from > " + on +
		" group by all) n on c.kind = 'new' and " + m.sameKey("l", "n", key)
	_, err = m.exec(ctx, "insert into "+m.raw()+" by name select "+idents("l", m.payload())+", "+on+" as valid_from, coalesce(c.valid_to, n.begins) as valid_to, "+
		"'observed' as valid_basis, f.path as source_file, "+m.stamp()+from)
	if err != nil {
		return err
	}
	if err := m.supersede(ctx, "select rid from change where rid is not null and rid not in (select rid from closing)"); err != nil {
		return err
	}
	if err := m.rewrite(ctx, "closing", "i.ends as valid_to, null as deleted_at"); err != nil {
		return err
	}
	return m.removeGone(ctx)
}

// countDay counts what mergeDay is about to do.
func (m *merge) countDay(ctx context.Context) error {
	var added, changed int64
	err := m.conn.QueryRowContext(ctx, "select count(*) filter (kind <> 'changed'), count(*) filter (kind = 'changed') from change").Scan(&added, &changed)
	m.counts.Inserted += added
	m.counts.Updated += changed
	m.counts.Unchanged += m.landed - added - changed
	return err
}
