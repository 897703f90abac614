package dashboards

import (
	"context"
	"time"

	"dials/queries"
)

// titleApprovals is who approved which spelling of a job title (R17): rows about persons,
// for hr, with a reason.
var titleApprovals = page{
	Path: "/workforce/titles", Heading: "Approved job titles", Topics: []queries.Topic{queries.TopicWorkforce}, Template: "reasoned.html", Live: true,
	Params: []string{"reason"}, Load: loadTitleApprovals,
}

// A titleApprovalRow is one spelling that somebody mapped to a title.
type titleApprovalRow struct {
	PersonID string     `db:"person_id"`
	Raw      string     `db:"raw_title"`
	Title    string     `db:"title_name"`
	Mapped   *time.Time `db:"mapped_date"`
}

func loadTitleApprovals(ctx context.Context, r *request) (*content, error) {
	v := &reasonedView{
		Path: "/workforce/titles", Heading: "Spellings and who approved them",
		Foot: []footItem{{Text: "Definition", Link: definition("title-consolidation")}, {Text: "Table: marts.title_approvals"}, {Text: "visible to HR"}},
	}
	c := &content{Title: "Who approved which job title?", Lead: "Rows about single people, visible to HR alone. Each view is logged with its reason.", Body: v}
	rows, ok, err := readReasoned[titleApprovalRow](ctx, r, v, "title_approvals")
	if err != nil || !ok {
		return c, err
	}
	v.Table = dataTable{Caption: "Spellings of job titles that were approved", Head: []string{"Spelling", "Title", "Approved by", "Since"}}
	approvers := map[string]bool{}
	for _, row := range rows {
		approvers[row.PersonID] = true
		v.Table.Rows = append(v.Table.Rows, []string{row.Raw, row.Title, row.PersonID, dayOr(row.Mapped)})
	}
	c.Title = "Spellings of job titles that were approved: " + r.numbers.count(int64(len(rows))) + ", by " + r.numbers.plural(int64(len(approvers)), "person")
	if len(rows) == 0 {
		c.Title = "Nobody of your people approved a job title"
	}
	return c, nil
}
