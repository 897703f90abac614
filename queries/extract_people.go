package queries

import (
	"context"
	"fmt"
	"strconv"
)

// mostPeople is how many people one extract of rows about people may be about.
const mostPeople = 5_000

// IsPerson reports whether the rows of e are about one person each: who takes them
// says why, and for each taking the audit keeps that and whom it was about.
func (e *Extract) IsPerson() bool { return e.Class == Person }

// Witness writes down whom a cut of class person is about, before anything of it is
// shown; without a record of that it is not to be had. Other cuts need none.
func (c *Cut) Witness(ctx context.Context) error {
	if !c.Extract.IsPerson() {
		return nil
	}
	rows, err := c.marts.db.QueryContext(ctx, "select person_id, count(*) from ("+c.gated+"\n) as extract group by all order by all limit "+strconv.Itoa(mostPeople+1), c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	viewed := Viewed{Query: c.Extract.query(), Topic: c.Extract.Topic, Reader: c.reader}
	for rows.Next() {
		var person string
		var n int
		if err := rows.Scan(&person, &n); err != nil {
			return err
		}
		viewed.People = append(viewed.People, person)
		viewed.Rows += n
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(viewed.People) > mostPeople {
		return fmt.Errorf("extract %s: it %w: it is about more than %d people; ask for a unit, or filter it", c.Extract.Name, ErrBadChoice, mostPeople)
	}
	if err := c.marts.viewed(ctx, viewed); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
