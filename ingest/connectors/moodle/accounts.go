package moodle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"dials/ingest"
)

// A user is an account of the site. Its name is not read.
type user struct {
	ID        id    `json:"id"`
	Username  words `json:"username"`
	Email     words `json:"email"`
	IDNumber  words `json:"idnumber"`
	Suspended flag  `json:"suspended"`
	Confirmed flag  `json:"confirmed"`
	Custom    list[struct {
		Shortname words `json:"shortname"`
		Value     words `json:"value"`
	}] `json:"customfields"`
}

// employeeNumber is the company's number of the person behind an account.
func (s *site) employeeNumber(u user) string {
	switch s.o.EmployeeNumber {
	case "none":
		return ""
	case "idnumber":
		return string(u.IDNumber)
	case "username":
		return string(u.Username)
	}
	name, _ := strings.CutPrefix(s.o.EmployeeNumber, "profile:")
	for _, f := range u.Custom {
		if strings.EqualFold(string(f.Shortname), name) {
			return string(f.Value)
		}
	}
	return ""
}

// guest says whether it is the account of whoever has none: the first of every site.
func (u user) guest() bool { return u.Username == "guest" || u.ID == 1 && u.Username == "" }

// active says whether the account can be used.
func (u user) active() flag {
	switch {
	case u.Suspended == yes || u.Confirmed == no:
		return no
	case u.Suspended == no:
		return yes
	}
	return unknown
}

// listUsers returns every account that the token may see but the guest's.
func (s *site) listUsers(ctx context.Context) ([]user, error) {
	if err := s.need("core_user_get_users"); err != nil {
		return nil, err
	}
	var got struct {
		Users    list[user] `json:"users"`
		Warnings list[struct {
			Message words `json:"message"`
		}] `json:"warnings"`
	}
	// Every account has an address, and % stands for any.
	err := s.call(ctx, "core_user_get_users", url.Values{"criteria[0][key]": {"email"}, "criteria[0][value]": {"%"}}, &got)
	if meaning(err) == barred {
		return nil, fmt.Errorf("%w: the token's account may not list accounts: give its role moodle/user:viewdetails and moodle/user:viewalldetails at site level", err)
	}
	if err != nil {
		return nil, err
	}
	users := slices.DeleteFunc(got.Users, func(u user) bool { return u.ID == 0 || u.guest() })
	slices.SortFunc(users, func(a, b user) int { return int(a.ID - b.ID) })
	users = slices.CompactFunc(users, func(a, b user) bool { return a.ID == b.ID })
	if len(users) == 0 || len(users) == 1 && users[0].ID == s.self && s.self != 0 {
		return nil, errors.New("the token's account sees no account but its own: give its role moodle/user:viewdetails and moodle/user:viewalldetails at site level")
	}
	return users, nil
}

// A heldAccount is an account as the warehouse knows it.
type heldAccount struct {
	number, email, name, active string
}

// or fills what is empty.
func (a heldAccount) or(b heldAccount) heldAccount {
	return heldAccount{cmp.Or(a.number, b.number), cmp.Or(a.email, b.email), cmp.Or(a.name, b.name), cmp.Or(a.active, b.active)}
}

// accounts reads the accounts. One that the warehouse knows and the site does not list
// any more is deleted there: it stays known, for what it did stays, and is not active.
func (s *site) accounts(ctx context.Context, stream ingest.Stream, _ string, out *sink) error {
	users, err := s.listUsers(ctx)
	if err != nil {
		return err
	}
	known := map[string]heldAccount{}
	err = hold(ctx, stream, "account", []string{"account_id", "employee_number", "email", "account_name", "is_active"}, func(v []string) {
		known[v[0]] = heldAccount{v[1], v[2], v[3], v[4]}
	})
	if err != nil {
		return err
	}
	nameless := 0
	for _, u := range users {
		k := heldAccount{s.employeeNumber(u), strings.ToLower(string(u.Email)), string(u.Username), u.active().String()}
		if u.Username == "" {
			nameless++
			k = k.or(known[u.ID.String()]) // hidden is not gone
		}
		delete(known, u.ID.String())
		err := s.account(u.ID.String(), k, out)
		if err != nil {
			return err
		}
	}
	if nameless > 0 {
		out.Warn("%d of %d accounts show no user name, so that ID numbers and suspensions may be hidden as well: the token's role lacks moodle/user:viewalldetails", nameless, len(users))
	}
	return s.vanished(known, len(users), out)
}

// vanished emits the accounts that are not listed any more.
func (s *site) vanished(known map[string]heldAccount, listed int, out *sink) error {
	gone := 0
	for _, k := range known {
		if k.active != "false" {
			gone++
		}
	}
	if limit := s.limit(listed + len(known)); gone > limit {
		return fmt.Errorf("%d accounts are not listed any more, and at most %d may vanish at once: has the token's account lost a right (moodle/user:viewdetails)? If they were deleted, set max_gone_fraction in the source's options, sync, and take it out again", gone, limit)
	}
	for _, key := range sortedKeys(known) {
		k := known[key]
		k.active = "false"
		if err := s.account(key, k, out); err != nil {
			return err
		}
	}
	return nil
}

// account emits one account.
func (s *site) account(key string, a heldAccount, out *sink) error {
	return out.Add(map[string]string{
		"system": s.source, "account_id": key, "source_id": key, "employee_number": a.number, "email": a.email, "account_name": a.name, "is_active": a.active,
	})
}

// limit is how many of n may be gone at once before that is taken for a lost right.
func (s *site) limit(n int) int {
	share := 0.05
	if s.o.MaxGone != nil {
		share = *s.o.MaxGone
	}
	return max(10, int(share*float64(n)))
}

// hold reads what the warehouse holds of this source; absent values are empty.
func hold(ctx context.Context, stream ingest.Stream, target string, columns []string, each func(values []string)) error {
	if stream.Held == nil {
		return nil
	}
	values := make([]string, len(columns))
	return stream.Held(ctx, target, columns, func(got []*string) error {
		for i, v := range got {
			values[i] = ""
			if v != nil {
				values[i] = *v
			}
		}
		each(values)
		return nil
	})
}
